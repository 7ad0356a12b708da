package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PublisherSettingsTest {
    private static final PublisherSettings SETTINGS = PublisherSettings.of("shop", "id-1");

    @Test
    void theDefaultsAreTheDesigns() {
        assertThat(SETTINGS)
                .isEqualTo(new PublisherSettings(
                        "shop",
                        "id-1",
                        "main",
                        1,
                        Duration.ofMillis(20),
                        5_000,
                        16L << 20,
                        2_000,
                        Duration.ofMillis(10),
                        Duration.ofMillis(500),
                        16 << 20));
    }

    @Test
    void everySettingCanBeChangedAlone() {
        assertThat(SETTINGS.withFirstSequence(2)
                        .withCommitInterval(Duration.ofMillis(3))
                        .withMaxRecordsPerTransaction(4)
                        .withChunkRows(5)
                        .withHeartbeat(Duration.ofMillis(6))
                        .withMaxRecordBytes(7_000))
                .isEqualTo(new PublisherSettings(
                        "shop",
                        "id-1",
                        "main",
                        2,
                        Duration.ofMillis(3),
                        4,
                        16L << 20,
                        5,
                        Duration.ofMillis(10),
                        Duration.ofMillis(6),
                        7_000));
    }

    @Test
    void impossibleValuesAreRefusedByName() {
        assertRefused("pipeline", () -> PublisherSettings.of("Shop!", "id-1"));
        assertRefused("pipelineId", () -> PublisherSettings.of("shop", ""));
        assertRefused("firstSequence", () -> SETTINGS.withFirstSequence(0));
        assertRefused("commitInterval", () -> SETTINGS.withCommitInterval(Duration.ofMillis(-1)));
        assertRefused("maxRecordsPerTransaction", () -> SETTINGS.withMaxRecordsPerTransaction(0));
        assertRefused("chunkRows", () -> SETTINGS.withChunkRows(0));
        assertRefused("heartbeat", () -> SETTINGS.withHeartbeat(Duration.ZERO));
        assertRefused("maxRecordBytes", () -> SETTINGS.withMaxRecordBytes(10));
    }

    private static void assertRefused(String name, Runnable settings) {
        assertThatThrownBy(settings::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(name);
    }
}
