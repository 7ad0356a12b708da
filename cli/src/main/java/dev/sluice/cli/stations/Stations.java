package dev.sluice.cli.stations;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.LaneMode;
import dev.sluice.cli.config.Secret;
import dev.sluice.cli.config.TargetSettings;
import dev.sluice.embedded.Addresses;
import dev.sluice.embedded.DataDirectory;
import dev.sluice.embedded.EmbeddedStack;
import dev.sluice.schemas.registry.ConfluentSchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The stations of one pipeline, and its data directory, which no other process uses meanwhile. What has no address in the configuration is started here
 * and stopped by {@link #close}.
 */
public final class Stations implements AutoCloseable {
    /** At most; a lane needs one while it writes, and more than these write no faster. */
    private static final int CONNECTIONS_FOR_LANES = 16;

    private final DataDirectory directory;
    private final @Nullable EmbeddedStack embedded;
    private final Map<String, Object> kafka;
    private final SchemaRegistry registry;
    private final TargetDatabase target;
    private final String targetUrl;

    private Stations(
            DataDirectory directory,
            @Nullable EmbeddedStack embedded,
            Configuration configuration,
            InstantSource clock) {
        Addresses addresses = embedded == null ? new Addresses(0, null, null, null) : embedded.addresses();
        this.directory = directory;
        this.embedded = embedded;
        this.kafka = kafka(configuration, addresses.bootstrapServers());
        this.registry = registry(configuration, addresses.schemaRegistryUrl());
        this.targetUrl = configuration.target().url().orElseGet(() -> present(addresses.jdbcUrl()));
        this.target = target(configuration, addresses.jdbcUrl(), clock);
    }

    /** Takes the data directory and starts what is embedded; connects to nothing else yet. */
    public static Stations open(Configuration configuration, Path dataDirectory, InstantSource clock) {
        DataDirectory directory = DataDirectory.open(dataDirectory, configuration.pipeline());
        try {
            EmbeddedStack embedded = start(configuration, directory);
            try {
                return new Stations(directory, embedded, configuration, clock);
            } catch (RuntimeException e) {
                if (embedded != null) {
                    embedded.close();
                }
                throw e;
            }
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private static @Nullable EmbeddedStack start(Configuration configuration, DataDirectory directory) {
        boolean broker = configuration.kafka().embedded();
        boolean postgres = configuration.target().embedded();
        boolean schemas = configuration.schemaRegistry().embedded();
        return broker || postgres || schemas ? EmbeddedStack.start(directory, broker, postgres, schemas) : null;
    }

    /** @param embedded address of the embedded broker; null when there is none */
    public static Map<String, Object> kafka(Configuration configuration, @Nullable String embedded) {
        Map<String, Object> properties =
                new HashMap<>(configuration.kafka().properties().values());
        properties.put(
                "bootstrap.servers", configuration.kafka().bootstrapServers().orElseGet(() -> present(embedded)));
        return properties;
    }

    public static SchemaRegistry registry(Configuration configuration, @Nullable String embedded) {
        String url = configuration.schemaRegistry().url().orElseGet(() -> present(embedded));
        return ConfluentSchemaRegistry.connect(
                url, configuration.schemaRegistry().properties().values());
    }

    /** Not connected yet. */
    public static TargetDatabase target(Configuration configuration, @Nullable String embedded, InstantSource clock) {
        TargetSettings settings = configuration.target();
        return TargetDatabase.open(
                new dev.sluice.sinks.postgresql.database.TargetSettings(
                        settings.url().orElseGet(() -> present(embedded)),
                        settings.user().orElse(null),
                        settings.password().map(Secret::reveal).orElse(null),
                        connections(configuration),
                        Map.of()),
                configuration.pipeline(),
                clock);
    }

    /** The parts of a backfill have some beside, and so have the tables of a comparison. */
    private static int connections(Configuration configuration) {
        int others = configuration.lanes() == LaneMode.MAIN
                ? dev.sluice.sinks.postgresql.database.TargetSettings.DEFAULT_POOL_SIZE
                : CONNECTIONS_FOR_LANES;
        return others
                + Math.max(
                        configuration.apply().parallelism(),
                        configuration.verify().parallelism());
    }

    private static String present(@Nullable String address) {
        return Objects.requireNonNull(address, "an embedded part without address");
    }

    public DataDirectory directory() {
        return directory;
    }

    /** Properties for any Kafka client. */
    public Map<String, Object> kafka() {
        return Map.copyOf(kafka);
    }

    public SchemaRegistry registry() {
        return registry;
    }

    public TargetDatabase target() {
        return target;
    }

    /** With user and password when the target is embedded; not for logs. */
    public String targetUrl() {
        return targetUrl;
    }

    @Override
    public void close() {
        try {
            target.close();
        } finally {
            try {
                if (embedded != null) {
                    embedded.close();
                }
            } finally {
                directory.close();
            }
        }
    }
}
