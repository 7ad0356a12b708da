package dev.sluice.streams;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.gate.GatePlan;
import dev.sluice.streams.gate.GateTransfer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Gives new lanes what the topologies of the lanes before them know: their changelogs are written from the old ones', so that they start as if they had always
 * been. Nothing of the lanes may run. May be killed and run again, because a new lane's changelog is made anew each time.
 */
public final class LaneTransfer implements AutoCloseable {
    private static final Duration DELETION = Duration.ofSeconds(15);
    private static final long LOOK_AGAIN_MILLIS = 100;

    private final ForeignKeyRules rules;
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final ChangelogReader changelogs;
    private final AtomicReference<@Nullable Exception> refused = new AtomicReference<>();

    /** A lane and what is in it. */
    public record Lane(LaneSettings settings, Catalog catalog) {
        private String changelog() {
            return LaneSettings.changelog(settings.pipeline(), settings.lane());
        }
    }

    private LaneTransfer(ForeignKeyRules rules, Map<String, Object> clientProperties) {
        this.rules = rules;
        Map<String, Object> producing = new HashMap<>(clientProperties);
        producing.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LaneProperties.LARGEST_MESSAGE_BYTES);
        producing.put(ProducerConfig.ACKS_CONFIG, "all");
        this.admin = Admin.create(clientProperties);
        this.producer = new KafkaProducer<>(producing, new ByteArraySerializer(), new ByteArraySerializer());
        this.changelogs = ChangelogReader.connect(clientProperties);
    }

    /**
     * @param before the lanes that have been; with nothing pending
     * @param after the lanes that come, without those that go on as they are
     * @throws SluiceException of kind REFUSED when the foreign keys are not those under which the lanes before were written; of kind KAFKA when Kafka fails
     */
    public static void run(
            Collection<Lane> before,
            Collection<Lane> after,
            ForeignKeyRules rules,
            Map<String, Object> clientProperties) {
        try (LaneTransfer transfer = new LaneTransfer(rules, clientProperties)) {
            transfer.run(before, after);
        } catch (KafkaException e) {
            throw failed(e);
        }
    }

    private void run(Collection<Lane> before, Collection<Lane> after) {
        for (Lane to : after) {
            create(to);
        }
        for (Lane from : before) {
            List<Target> targets = after.stream()
                    .filter(to -> from.catalog().tables().stream()
                            .anyMatch(t -> to.catalog().table(t.id()).isPresent()))
                    .map(to -> new Target(from, to))
                    .toList();
            if (!targets.isEmpty()) {
                copy(from, targets);
            }
        }
        producer.flush();
        Exception failure = refused.get();
        if (failure != null) {
            throw failed(failure);
        }
    }

    /** Where entries of one lane go to. */
    private final class Target {
        private final String changelog;
        private final GateTransfer transfer;

        private Target(Lane from, Lane to) {
            GatePlan plan = GatePlan.of(to.catalog(), rules);
            this.changelog = to.changelog();
            this.transfer =
                    GateTransfer.between(GatePlan.of(from.catalog(), rules), from.catalog(), plan, to.catalog());
            send(changelog, GateTransfer.fingerprint(plan));
        }

        private void carry(ConsumerRecord<byte[], byte[]> record) {
            transfer.carry(record.key(), record.value()).ifPresent(entry -> send(changelog, entry));
        }
    }

    private void send(String changelog, GateTransfer.Entry entry) {
        var unused = producer.send(new ProducerRecord<>(changelog, 0, entry.key(), entry.value()), (at, failure) -> {
            if (failure != null) {
                refused.compareAndSet(null, failure);
            }
        });
    }

    private void copy(Lane from, List<Target> targets) {
        String expected = GatePlan.of(from.catalog(), rules).fingerprint();
        AtomicReference<String> made = new AtomicReference<>(expected);
        changelogs.read(from.changelog(), record -> {
            GateTransfer.fingerprint(record.key(), record.value()).ifPresent(made::set);
            targets.forEach(target -> target.carry(record));
            return true;
        });
        if (!expected.equals(made.get())) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the state of lane " + from.settings().lane()
                            + " was made under other foreign keys than the target has now; restore the target's keys and the rules for"
                            + " them, or `sluice remove` the pipeline and create it anew");
        }
    }

    private void create(Lane lane) {
        int factor = lane.settings().replicationFactor();
        NewTopic topic = new NewTopic(
                        lane.changelog(), Optional.of(1), factor < 0 ? Optional.empty() : Optional.of((short) factor))
                .configs(LaneProperties.changelog());
        delete(lane.changelog());
        long deadline = System.nanoTime() + DELETION.toNanos();
        while (true) {
            try {
                admin.createTopics(List.of(topic)).all().get();
                return;
            } catch (ExecutionException e) {
                // The broker is still deleting it.
                if (!(e.getCause() instanceof TopicExistsException) || System.nanoTime() > deadline) {
                    throw failed(e.getCause() instanceof Exception cause ? cause : e);
                }
                pause();
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private void delete(String topic) {
        try {
            admin.deleteTopics(List.of(topic)).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                throw failed(e.getCause() instanceof Exception cause ? cause : e);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_AGAIN_MILLIS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static SluiceException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return SluiceException.of(ErrorKind.KAFKA, "interrupted while the lanes' state was carried over", e);
    }

    private static SluiceException failed(Exception e) {
        return SluiceException.of(
                ErrorKind.KAFKA,
                "the lanes' state cannot be carried over: " + e.getMessage()
                        + "; check kafka.bootstrap-servers and that the brokers run, then run it again",
                e);
    }

    @Override
    public void close() {
        changelogs.close();
        producer.close();
        admin.close();
    }
}
