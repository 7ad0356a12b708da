package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.PublisherSettings.Bounds;
import dev.sluice.producers.api.PublisherSettings.Timing;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PublisherSettingsTest {
    private static final PublisherSettings SETTINGS = PublisherSettings.of("shop", "id-1");
    private static final LaneLayout LAYOUT = LaneLayout.byForeignKey(Catalog.of(ContractTables.ALL));

    @Test
    void theDefaultsAreTheDesigns() {
        assertThat(SETTINGS)
                .isEqualTo(new PublisherSettings(
                        "shop",
                        "id-1",
                        LaneStarts.main(1),
                        new Timing(Duration.ofMillis(20), Duration.ofMillis(10), Duration.ofMillis(500), 0),
                        new Bounds(5_000, 16L << 20, 2_000, 16 << 20)));
    }

    @Test
    void everySettingCanBeChangedAlone() {
        assertThat(SETTINGS.withFirstSequence(2)
                        .withCommitInterval(Duration.ofMillis(3))
                        .withMaxRecordsPerTransaction(4)
                        .withChunkRows(5)
                        .withHeartbeat(Duration.ofMillis(6))
                        .withMaxRecordBytes(7_000)
                        .withSnapshotRowsPerSecond(8))
                .isEqualTo(new PublisherSettings(
                        "shop",
                        "id-1",
                        LaneStarts.main(2),
                        new Timing(Duration.ofMillis(3), Duration.ofMillis(10), Duration.ofMillis(6), 8),
                        new Bounds(4, 16L << 20, 5, 7_000)));
    }

    @Test
    void aLayoutSaysWhichLaneATableIsInAndWhereEachBegins() {
        LaneStarts lanes = SETTINGS.withLanes(LAYOUT, Map.of("public.accounts", 7L, "public.notes", 1L))
                .lanes();
        assertThat(lanes.lanes()).containsExactly("public.accounts", "public.notes");
        assertThat(lanes.firstSequence("public.accounts")).isEqualTo(7);
        assertThat(lanes.laneOf(ContractTables.LINES.id())).contains("public.accounts");
        assertThat(lanes.laneOf(TableId.parse("others"))).isEmpty();
        assertThat(SETTINGS.lanes().laneOf(TableId.parse("others"))).contains("main");
    }

    @Test
    void oneProducerFencesEveryOtherOfThePipelineWhateverItsLanes() {
        assertThat(SETTINGS.transactionalId()).isEqualTo("shop.producer.main");
        assertThat(SETTINGS.withLanes(LAYOUT, Map.of("public.accounts", 1L, "public.notes", 1L))
                        .transactionalId())
                .isEqualTo(SETTINGS.transactionalId());
    }

    @Test
    void impossibleValuesAreRefusedByName() {
        assertRefused("pipeline", () -> PublisherSettings.of("Shop!", "id-1"));
        assertRefused("pipelineId", () -> PublisherSettings.of("shop", ""));
        assertRefused("firstSequence", () -> SETTINGS.withFirstSequence(0));
        assertRefused("public.notes", () -> SETTINGS.withLanes(LAYOUT, Map.of("public.accounts", 1L)));
        assertRefused("commitInterval", () -> SETTINGS.withCommitInterval(Duration.ofMillis(-1)));
        assertRefused("maxRecordsPerTransaction", () -> SETTINGS.withMaxRecordsPerTransaction(0));
        assertRefused("chunkRows", () -> SETTINGS.withChunkRows(0));
        assertRefused("heartbeat", () -> SETTINGS.withHeartbeat(Duration.ZERO));
        assertRefused("snapshotRowsPerSecond", () -> SETTINGS.withSnapshotRowsPerSecond(-1));
        assertRefused("maxRecordBytes", () -> SETTINGS.withMaxRecordBytes(10));
    }

    private static void assertRefused(String name, Runnable settings) {
        assertThatThrownBy(settings::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(name);
    }
}
