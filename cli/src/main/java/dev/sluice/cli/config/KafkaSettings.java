package dev.sluice.cli.config;

import java.time.Duration;
import java.util.Optional;

/**
 * Where the log lives.
 *
 * @param bootstrapServers empty for the embedded broker
 * @param properties for every client: security, timeouts
 * @param replicationFactor of Sluice's topics; empty for the broker's default
 * @param commitInterval how long events may gather in one transaction, in the producer and in the topology. Shorter costs throughput, longer
 *     costs latency, twice
 * @param maxRecordBytes a larger record becomes a dead letter
 */
public record KafkaSettings(
        Optional<String> bootstrapServers,
        ClientProperties properties,
        Optional<Short> replicationFactor,
        Duration commitInterval,
        DataSize maxRecordBytes) {
    public static final Duration DEFAULT_COMMIT_INTERVAL = Duration.ofMillis(20);
    public static final DataSize DEFAULT_MAX_RECORD_BYTES = DataSize.mebibytes(16);

    static KafkaSettings from(Section section) {
        int replication = section.integer("replication-factor", 0, 1, Short.MAX_VALUE);
        KafkaSettings settings = new KafkaSettings(
                section.text("bootstrap-servers"),
                section.properties("properties"),
                replication == 0 ? Optional.empty() : Optional.of((short) replication),
                section.duration(
                        "commit-interval", DEFAULT_COMMIT_INTERVAL, Duration.ofMillis(1), Duration.ofSeconds(5)),
                section.size(
                        "max-record-bytes",
                        DEFAULT_MAX_RECORD_BYTES,
                        DataSize.parse("64KiB"),
                        DEFAULT_MAX_RECORD_BYTES));
        if (settings.bootstrapServers().isEmpty() && section.has("properties")) {
            section.problem("properties", "has no effect without kafka.bootstrap-servers; add that or remove this");
        }
        settings.properties().values().keySet().stream()
                .filter(PinnedProperties::contains)
                .sorted()
                .forEach(name -> section.problem(
                        "properties", name + " is set by Sluice so that no record is lost or skipped; remove it"));
        section.refuseOtherKeys();
        return settings;
    }

    public boolean embedded() {
        return bootstrapServers.isEmpty();
    }
}
