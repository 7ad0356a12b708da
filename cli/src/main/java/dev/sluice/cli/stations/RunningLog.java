package dev.sluice.cli.stations;

import dev.sluice.cli.config.Configuration;
import dev.sluice.embedded.Addresses;
import dev.sluice.embedded.DataDirectory;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.registry.SchemaRegistry;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Kafka and the registry for commands that ask something of a pipeline; embedded ones are reached in the process that runs them. */
public final class RunningLog {
    private RunningLog() {}

    /**
     * Properties for any Kafka client.
     *
     * @throws SluiceException of kind REFUSED when an embedded broker does not run
     */
    public static Map<String, Object> kafka(Configuration configuration, Path dataDirectory) {
        if (!configuration.kafka().embedded()) {
            return Stations.kafka(configuration, null);
        }
        String broker = addresses(dataDirectory)
                .map(Addresses::bootstrapServers)
                .orElseThrow(() -> stopped(configuration, dataDirectory, "broker"));
        return Stations.kafka(configuration, broker);
    }

    /** @throws SluiceException of kind REFUSED when an embedded registry does not run */
    public static SchemaRegistry registry(Configuration configuration, Path dataDirectory) {
        if (!configuration.schemaRegistry().embedded()) {
            return Stations.registry(configuration, null);
        }
        String url = addresses(dataDirectory)
                .map(Addresses::schemaRegistryUrl)
                .orElseThrow(() -> stopped(configuration, dataDirectory, "schema registry"));
        return Stations.registry(configuration, url);
    }

    private static Optional<Addresses> addresses(Path dataDirectory) {
        return DataDirectory.readAddresses(dataDirectory);
    }

    private static SluiceException stopped(Configuration configuration, Path dataDirectory, String part) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                "pipeline " + configuration.pipeline() + " does not run with data directory " + dataDirectory
                        + ", and only its own " + part
                        + " can take what is asked of the source. Start it with: sluice run, then ask again meanwhile");
    }
}
