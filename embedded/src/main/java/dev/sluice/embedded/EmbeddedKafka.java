package dev.sluice.embedded;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.EligibleLeaderReplicasVersion;

/**
 * A real Kafka broker and controller in this process, on the loopback interface, with its data in one directory.
 *
 * <p>Topics, records, transactions and consumer offsets survive a restart and a kill; the ports are new at each start.
 * What is written but not yet flushed by the operating system is lost with the machine, as with any Kafka of one replica.
 */
public final class EmbeddedKafka implements AutoCloseable {
    private static final int PORT_ATTEMPTS = 3;

    private final Path directory;
    private final KafkaRaftServer server;
    private final Ports ports;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedKafka(Path directory, KafkaRaftServer server, Ports ports) {
        this.directory = directory;
        this.server = server;
        this.ports = ports;
    }

    /** The two ports of one start. */
    record Ports(int broker, int controller) {
        static Ports free() {
            try (ServerSocket first = Loopback.onFreePort();
                    ServerSocket second = Loopback.onFreePort()) {
                return new Ports(first.getLocalPort(), second.getLocalPort());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        boolean taken() {
            return Loopback.isTaken(broker) || Loopback.isTaken(controller);
        }
    }

    /**
     * Formats the directory when it is new, and starts. Returns when the broker accepts requests, after about 2 s; after
     * a kill it takes some seconds more, until the killed broker's session has run out.
     *
     * @throws SluiceException when the directory cannot be used or the broker does not start
     */
    public static EmbeddedKafka start(Path directory) {
        return start(directory, Ports::free);
    }

    /** With a choice of ports; a pair that somebody takes in the meantime is replaced, three times. */
    static EmbeddedKafka start(Path directory, Supplier<Ports> choice) {
        Path home = directory.toAbsolutePath().normalize();
        refuseComma(home);
        Disk.require("Kafka data directory", home);
        format(home);
        for (int attempt = 1; ; attempt++) {
            Ports ports = choice.get();
            try {
                return new EmbeddedKafka(home, startServer(home, ports), ports);
            } catch (RuntimeException e) {
                if (!ports.taken()) {
                    throw notStarted(home, "see the broker's log lines above", e);
                }
                if (attempt == PORT_ATTEMPTS) {
                    throw notStarted(
                            home, "ports " + ports + " on " + Loopback.HOST + " are in use by another program", e);
                }
            }
        }
    }

    private static KafkaRaftServer startServer(Path home, Ports ports) {
        if (KilledBroker.leftBehind(home)) {
            BrokerExit.whileStarting(home, () -> KilledBroker.retire(home, ports));
        }
        KafkaRaftServer server =
                new KafkaRaftServer(new KafkaConfig(KafkaSettings.of(home, ports), false), Time.SYSTEM);
        try {
            BrokerExit.whileStarting(home, server::startup);
            return server;
        } catch (RuntimeException e) {
            abandon(server, e);
            BrokerExit.stopped(home);
            throw e;
        }
    }

    private static void abandon(KafkaRaftServer server, RuntimeException cause) {
        try {
            server.shutdown();
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    /** Killed half-way, formatting starts again: {@code meta.properties} is written last. */
    private static void format(Path home) {
        if (Files.exists(home.resolve("meta.properties"))) {
            return;
        }
        try (PrintStream silent = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setPrintStream(silent)
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(KafkaSettings.NODE_ID)
                    .addDirectory(home.toString())
                    .setMetadataLogDirectory(home.toString())
                    .setControllerListenerName(KafkaSettings.CONTROLLER)
                    // With one replica there is nobody else to elect; without it the last leader just comes back.
                    .setFeatureLevel(EligibleLeaderReplicasVersion.FEATURE_NAME, (short) 0)
                    .run();
        } catch (IOException e) {
            throw Disk.failure("Kafka data directory", home, e);
        } catch (Exception e) {
            throw notStarted(home, "it could not be formatted", e);
        }
    }

    private static void refuseComma(Path home) {
        if (home.toString().indexOf(',') >= 0) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "Kafka data directory " + home
                            + ": Kafka reads a comma as the end of a path; name another directory");
        }
    }

    private static SluiceException notStarted(Path home, String why, Exception cause) {
        return SluiceException.of(
                ErrorKind.KAFKA,
                "the embedded Kafka broker with its data in %s did not start: %s (%s)"
                        .formatted(home, why, cause.getMessage()),
                cause);
    }

    /** Host and port for clients, valid until {@link #close}. */
    public String bootstrapServers() {
        return Loopback.HOST + ":" + ports.broker();
    }

    /** Stops the broker cleanly, in less than a second; what clients have not sent by then fails on their side. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            server.shutdown();
            server.awaitShutdown();
            BrokerExit.stopped(directory);
        }
    }
}
