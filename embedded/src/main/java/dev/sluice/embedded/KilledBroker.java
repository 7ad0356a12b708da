package dev.sluice.embedded;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.SharedServer;
import kafka.server.StandardFaultHandlerFactory;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.loader.LoaderManifest;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.raft.QuorumConfig;
import org.apache.kafka.server.ServerSocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/**
 * Ends the leadership of a broker that was killed, before it starts again.
 *
 * <p>A killed broker still leads its partitions in the metadata. Started at once, it takes its transaction coordinator's place under the old leadership, tries to write
 * the markers of a transaction that was being committed, and cannot yet reach itself; when the controller then takes the old leadership away, a 4.3.1 broker
 * finds no leader for those partitions, takes them for deleted and declares the transaction complete without its markers. Its records stay invisible, or an offsets
 * partition stays open, for ever (seen in 1 of 3 kills during a backfill). So the controller alone runs first, until the killed broker's session is over.
 */
final class KilledBroker {
    private static final Logger LOG = LoggerFactory.getLogger(KilledBroker.class);
    /** Many times the session's timeout; only a broken directory takes longer. */
    private static final long PATIENCE_SECONDS = 60;

    private KilledBroker() {}

    /** Whether the directory was in use and not closed. */
    static boolean leftBehind(Path home) {
        return Files.exists(home.resolve("__cluster_metadata-0"))
                && Files.notExists(home.resolve(".kafka_cleanshutdown"));
    }

    static void retire(Path home, EmbeddedKafka.Ports ports) {
        KafkaConfig config = new KafkaConfig(KafkaSettings.controllerOnly(home, ports), false);
        Tuple2<MetaPropertiesEnsemble, BootstrapMetadata> directories =
                KafkaRaftServer.initializeLogDirs(config, LOG, "");
        QuorumConfig quorum = config.quorumConfig();
        SharedServer shared = new SharedServer(
                config,
                directories._1(),
                Time.SYSTEM,
                new Metrics(),
                CompletableFuture.completedFuture(QuorumConfig.parseVoterConnections(quorum.voters())),
                QuorumConfig.parseBootstrapServers(quorum.bootstrapServers()),
                new StandardFaultHandlerFactory(),
                ServerSocketFactory.INSTANCE);
        ControllerServer controller = new ControllerServer(shared, KafkaRaftServer.configSchema(), directories._2());
        try {
            controller.startup();
            Retirement retirement = new Retirement();
            shared.loader().installPublishers(List.of(retirement)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            retirement.done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(home, e);
        } catch (ExecutionException | TimeoutException e) {
            throw failed(home, e);
        } finally {
            controller.shutdown();
        }
    }

    private static SluiceException failed(Path home, Exception cause) {
        return SluiceException.of(
                ErrorKind.KAFKA,
                "the embedded Kafka broker with its data in " + home
                        + " was killed, and its old session did not end within " + PATIENCE_SECONDS
                        + " s. Start again; if it stays, the directory's metadata is damaged.",
                cause);
    }

    /** Is done when the metadata says that the broker is fenced, or that there never was one. */
    private static final class Retirement implements MetadataPublisher {
        private final CompletableFuture<Void> done = new CompletableFuture<>();

        @Override
        public String name() {
            return "KilledBroker";
        }

        /** Holds nothing. */
        @Override
        public void close() {}

        @Override
        public void onMetadataUpdate(MetadataDelta delta, MetadataImage image, LoaderManifest manifest) {
            BrokerRegistration broker = image.cluster().broker(KafkaSettings.NODE_ID);
            if (broker == null || broker.fenced()) {
                done.complete(null);
            }
        }
    }
}
