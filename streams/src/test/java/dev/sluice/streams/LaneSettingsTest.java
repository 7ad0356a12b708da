package dev.sluice.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.DefaultProductionExceptionHandler;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler;
import org.apache.kafka.streams.errors.LogAndFailExceptionHandler;
import org.apache.kafka.streams.errors.LogAndFailProcessingExceptionHandler;
import org.apache.kafka.streams.errors.ProductionExceptionHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaneSettingsTest {
    /** Stands for one that lets records go. */
    public static final class Skipping implements ProductionExceptionHandler {
        @Override
        public void configure(Map<String, ?> configs) {}
    }

    @TempDir
    private Path dir;

    private LaneSettings defaults() {
        return LaneSettings.of("shop", "id", "main", 1, dir, Map.of("bootstrap.servers", "broker:9092"));
    }

    @Test
    void defaultsAreThoseThatWereMeasured() {
        Properties properties = LaneProperties.of(defaults());

        assertThat(properties)
                .containsEntry(StreamsConfig.APPLICATION_ID_CONFIG, "shop.streams.main")
                .containsEntry(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2)
                .containsEntry(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 20L)
                .containsEntry("bootstrap.servers", "broker:9092")
                .containsEntry(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, 0)
                .containsEntry("main.consumer.session.timeout.ms", 10_000);
    }

    @Test
    void everySettingReachesKafka() {
        LaneSettings settings = new LaneSettings(
                "shop",
                "id",
                "main",
                1,
                dir,
                Duration.ofMillis(50),
                1 << 20,
                3,
                2,
                Duration.ofSeconds(6),
                true,
                Map.of("security.protocol", "SSL"),
                Map.of("fetch.min.bytes", "7"),
                Map.of("compression.type", "lz4", "max.request.size", "99"));
        Properties properties = LaneProperties.of(settings);

        assertThat(properties)
                .containsEntry("security.protocol", "SSL")
                .containsEntry("main.consumer.fetch.min.bytes", "7")
                .containsEntry("restore.consumer.fetch.min.bytes", "7")
                .containsEntry("producer.compression.type", "lz4")
                .containsEntry("producer.max.request.size", "99")
                .containsEntry(StreamsConfig.REPLICATION_FACTOR_CONFIG, 3)
                .containsEntry(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, 2)
                .containsEntry("main.consumer.session.timeout.ms", 6_000)
                .containsEntry("main.consumer.heartbeat.interval.ms", 1_500)
                .containsEntry("producer.transaction.timeout.ms", 6_000)
                .containsEntry(StreamsConfig.POLL_MS_CONFIG, 12L)
                .containsEntry(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 50L);
    }

    @Test
    void whatExactlyOnceNeedsCannotBeOverridden() {
        LaneSettings settings = LaneSettings.of(
                "shop", "id", "main", 1, dir, Map.of(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, "at_least_once"));

        assertThat(LaneProperties.of(settings))
                .containsEntry(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "default."})
    void noPropertyMakesTheLaneSkipRecords(String prefix) {
        Map<String, Object> skipping = Map.of(
                "bootstrap.servers",
                "broker:9092",
                prefix + "deserialization.exception.handler",
                LogAndContinueExceptionHandler.class.getName(),
                "processing.exception.handler",
                LogAndContinueProcessingExceptionHandler.class.getName(),
                prefix + "production.exception.handler",
                Skipping.class.getName());
        LaneSettings settings = LaneSettings.of("shop", "id", "main", 1, dir, skipping);
        StreamsConfig config = new StreamsConfig(LaneProperties.of(settings));

        assertThat(config.deserializationExceptionHandler()).isInstanceOf(LogAndFailExceptionHandler.class);
        assertThat(config.processingExceptionHandler()).isInstanceOf(LogAndFailProcessingExceptionHandler.class);
        assertThat(config.productionExceptionHandler()).isInstanceOf(DefaultProductionExceptionHandler.class);
    }

    @Test
    void impossibleValuesAreRefused() {
        assertThatThrownBy(() -> LaneSettings.of("shop", "id", "main", 0, dir, Map.of()))
                .hasMessageContaining("begin at 1");
        assertThatThrownBy(() -> defaults().withCommitInterval(Duration.ZERO)).hasMessageContaining("commit interval");
        assertThatThrownBy(() -> defaults().withSessionTimeout(Duration.ZERO)).hasMessageContaining("session timeout");
        assertThatThrownBy(() -> defaults().withStandbyReplicas(-1)).hasMessageContaining("standby replicas");
    }

    @Test
    void aChangeOfOneSettingKeepsTheOthers() {
        LaneSettings settings = defaults()
                .withCommitInterval(Duration.ofMillis(7))
                .withReplicationFactor(3)
                .withStandbyReplicas(1)
                .withSessionTimeout(Duration.ofSeconds(6))
                .withPublishPerTable(true);

        assertThat(settings)
                .isEqualTo(new LaneSettings(
                        "shop",
                        "id",
                        "main",
                        1,
                        dir,
                        Duration.ofMillis(7),
                        LaneSettings.DEFAULT_CACHE_BYTES,
                        3,
                        1,
                        Duration.ofSeconds(6),
                        true,
                        Map.of("bootstrap.servers", "broker:9092"),
                        Map.of(),
                        Map.of()));
    }

    @Test
    void theGroupsMemberKeepsItsNameInTheStateDirectory() throws Exception {
        Object first = LaneProperties.of(defaults()).get("main.consumer.group.instance.id");

        assertThat(LaneProperties.of(defaults())).containsEntry("main.consumer.group.instance.id", first);
        assertThat(Files.readString(dir.resolve(InstanceId.FILE))).isEqualTo(first);
    }
}
