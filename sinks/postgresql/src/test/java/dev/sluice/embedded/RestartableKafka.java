package dev.sluice.embedded;

import java.nio.file.Path;

/** A broker that comes back at its old address. */
public final class RestartableKafka implements AutoCloseable {
    private final Path directory;
    private final EmbeddedKafka.Ports ports = EmbeddedKafka.Ports.free();
    private EmbeddedKafka broker;

    public RestartableKafka(Path directory) {
        this.directory = directory;
        this.broker = EmbeddedKafka.start(directory, () -> ports);
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    public void stop() {
        broker.close();
    }

    public void start() {
        broker = EmbeddedKafka.start(directory, () -> ports);
    }

    @Override
    public void close() {
        broker.close();
    }
}
