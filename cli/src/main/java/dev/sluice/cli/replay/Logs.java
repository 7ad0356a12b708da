package dev.sluice.cli.replay;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.Stations;
import dev.sluice.embedded.Addresses;
import dev.sluice.embedded.DataDirectory;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.sinks.postgresql.ordered.OrderedLog;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** The lanes' topics, for questions before a replay. */
final class Logs {
    private final Configuration configuration;
    private final Path directory;
    private final Optional<Addresses> embedded;

    Logs(Configuration configuration, Path directory) {
        this.configuration = configuration;
        this.directory = directory;
        this.embedded = DataDirectory.readAddresses(directory);
    }

    /** Whether the broker can be asked now: one that the pipeline runs itself is there while that runs. */
    private boolean isThere() {
        return (!configuration.kafka().embedded()
                        && !configuration.schemaRegistry().embedded())
                || embedded.isPresent();
    }

    /** Where it cannot be asked, the sink finds out. */
    void requireHolds(String lane, long sequence) {
        if (isThere()) {
            try (OrderedLog log = open(lane)) {
                log.requireHolds(sequence);
            }
        }
    }

    OptionalLong sequenceAt(String lane, Instant time) {
        if (!isThere()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "pipeline " + configuration.pipeline() + " does not run with data directory " + directory
                            + ", and only its own broker knows what was committed at " + time
                            + ". Start it with: sluice run, then replay meanwhile");
        }
        try (OrderedLog log = open(lane)) {
            return log.sequenceAt(time);
        }
    }

    private OrderedLog open(String lane) {
        return OrderedLog.open(
                Stations.kafka(
                        configuration, embedded.map(Addresses::bootstrapServers).orElse(null)),
                new Topics(configuration.pipeline()).ordered(lane),
                Stations.registry(
                        configuration,
                        embedded.map(Addresses::schemaRegistryUrl).orElse(null)));
    }
}
