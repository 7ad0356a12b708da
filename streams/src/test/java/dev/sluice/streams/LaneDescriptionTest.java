package dev.sluice.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.streams.testing.Events;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Names of nodes, stores and topics are part of what is on disk and in Kafka. */
class LaneDescriptionTest {
    private static LaneSettings lane(String name) {
        return LaneSettings.of(Events.PIPELINE, Events.INCARNATION, name, 1, Path.of("unused"), Map.of());
    }

    @Test
    void theTopologyIsThisOneAndNoOther() {
        assertThat(LaneTopology.describe(lane("main")).text()).isEqualTo("""
                Topologies:
                   Sub-topology: 0
                    Source: changes (topics: [shop.changes.main])
                      --> sequencer
                    Processor: sequencer (stores: [lane])
                      --> foreign-key-gate
                      <-- changes
                    Processor: foreign-key-gate (stores: [lane])
                      --> ordered, signals
                      <-- sequencer
                    Sink: ordered (topic: shop.ordered.main)
                      <-- foreign-key-gate
                    Sink: signals (topic: shop.signals)
                      <-- foreign-key-gate

                """);
    }

    @Test
    void theCopyPerTableIsOneSinkMore() {
        assertThat(LaneTopology.describe(lane("main").withPublishPerTable(true)).text())
                .isEqualTo("""
                Topologies:
                   Sub-topology: 0
                    Source: changes (topics: [shop.changes.main])
                      --> sequencer
                    Processor: sequencer (stores: [lane])
                      --> foreign-key-gate
                      <-- changes
                    Processor: foreign-key-gate (stores: [lane])
                      --> ordered, signals, tables
                      <-- sequencer
                    Sink: ordered (topic: shop.ordered.main)
                      <-- foreign-key-gate
                    Sink: signals (topic: shop.signals)
                      <-- foreign-key-gate
                    Sink: tables (extractor class: shop.table.*)
                      <-- foreign-key-gate

                """);
    }

    @Test
    void graphvizGetsAClusterPerLaneAndEveryTopicOnce() {
        assertThat(LaneDescription.dot(List.of(
                        LaneTopology.describe(lane("public.a").withPublishPerTable(true)),
                        LaneTopology.describe(lane("public.b")))))
                .isEqualTo("""
                digraph sluice {
                  rankdir=LR;
                  node [shape=box];
                  subgraph "cluster public.a" {
                    label="lane public.a";
                    "public.a/changes" [label="changes"];
                    "public.a/sequencer" [label="sequencer"];
                    "public.a/foreign-key-gate" [label="foreign-key-gate"];
                    "public.a/ordered" [label="ordered"];
                    "public.a/signals" [label="signals"];
                    "public.a/tables" [label="tables"];
                    "public.a/store lane" [label="lane", shape=cylinder];
                  }
                  subgraph "cluster public.b" {
                    label="lane public.b";
                    "public.b/changes" [label="changes"];
                    "public.b/sequencer" [label="sequencer"];
                    "public.b/foreign-key-gate" [label="foreign-key-gate"];
                    "public.b/ordered" [label="ordered"];
                    "public.b/signals" [label="signals"];
                    "public.b/store lane" [label="lane", shape=cylinder];
                  }
                  "shop.changes.public.a" [shape=cds];
                  "shop.ordered.public.a" [shape=cds];
                  "shop.signals" [shape=cds];
                  "shop.table.*" [shape=cds];
                  "shop.changes.public.b" [shape=cds];
                  "shop.ordered.public.b" [shape=cds];
                  "shop.changes.public.a" -> "public.a/changes";
                  "public.a/changes" -> "public.a/sequencer";
                  "public.a/sequencer" -> "public.a/foreign-key-gate";
                  "public.a/sequencer" -> "public.a/store lane" [dir=none];
                  "public.a/foreign-key-gate" -> "public.a/ordered";
                  "public.a/foreign-key-gate" -> "public.a/signals";
                  "public.a/foreign-key-gate" -> "public.a/tables";
                  "public.a/foreign-key-gate" -> "public.a/store lane" [dir=none];
                  "public.a/ordered" -> "shop.ordered.public.a";
                  "public.a/signals" -> "shop.signals";
                  "public.a/tables" -> "shop.table.*";
                  "shop.changes.public.b" -> "public.b/changes";
                  "public.b/changes" -> "public.b/sequencer";
                  "public.b/sequencer" -> "public.b/foreign-key-gate";
                  "public.b/sequencer" -> "public.b/store lane" [dir=none];
                  "public.b/foreign-key-gate" -> "public.b/ordered";
                  "public.b/foreign-key-gate" -> "public.b/signals";
                  "public.b/foreign-key-gate" -> "public.b/store lane" [dir=none];
                  "public.b/ordered" -> "shop.ordered.public.b";
                  "public.b/signals" -> "shop.signals";
                }
                """);
    }
}
