package dev.sluice.cli.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class TopologyReportTest {
    private static final LaneLayout LAYOUT = new LaneLayout(new TreeMap<>(Map.of(
            "public.orders",
            new TreeSet<>(List.of(TableId.parse("orders"), TableId.parse("users"))),
            "public.notes",
            new TreeSet<>(List.of(TableId.parse("notes"))))));

    @Test
    void everyLaneIsShownWithItsTablesTopicsStateAndNodes() {
        String text = new TopologyReport("shop", false, LAYOUT).text();
        assertThat(text.lines())
                .contains(
                        "lane: public.notes",
                        "lane: public.orders",
                        "  tables: public.orders, public.users",
                        "  reads: shop.changes.public.orders",
                        "  writes: shop.ordered.public.orders, shop.signals",
                        "  group: shop.streams.public.orders",
                        "  state: shop.streams.public.orders-lane-changelog");
        assertThat(text)
                .contains("Processor: sequencer")
                .contains("Processor: foreign-key-gate")
                .doesNotContain("copies to");
    }

    @Test
    void theCopyPerTableIsShownWhereItIsAskedFor() {
        assertThat(new TopologyReport("shop", true, LAYOUT).text().lines())
                .contains("  copies to: shop.table.public.orders, shop.table.public.users");
    }

    @Test
    void graphvizGetsOneGraphWithAClusterPerLane() {
        assertThat(new TopologyReport("shop", false, LAYOUT).dot())
                .startsWith("digraph sluice {")
                .endsWith("}\n")
                .contains("lane public.notes", "lane public.orders", "shop.ordered.public.notes");
    }
}
