package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.progress.LaneProgress;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Turns the lanes of a stopped and drained pipeline into those of another layout, in one record of the producer's progress: killed at any point, it has
 * happened or not, and it can be asked for again.
 *
 * <p>A new lane begins above every sequence of the lanes that its tables were in, and goes on where these have read the source: reading tables again
 * instead would meet a tail that changes rows of which a new topology knows nothing yet. So whoever calls this carries the topologies' knowledge over first. A lane that keeps its name and its tables goes on as it is.
 */
public final class LaneMigration {
    private final PublisherSettings settings;
    private final LaneLayout layout;
    private final LaneStart start;

    private LaneMigration(PublisherSettings settings, LaneLayout layout) {
        this.settings = settings;
        this.layout = layout;
        this.start = new LaneStart(settings, layout.tables());
    }

    /** {@code wanted}, with another name for each new lane whose name is already that of a lane with other tables: a topic carries one lane for ever. */
    public static LaneLayout named(LaneLayout wanted, ProducerProgress progress) {
        SortedMap<String, SortedSet<TableId>> members = new TreeMap<>();
        Set<String> used = progress.nextSequence().keySet();
        wanted.members().forEach((lane, tables) -> {
            members.put(keeps(wanted, lane, progress) ? lane : LaneLayout.freeName(lane, used::contains), tables);
        });
        return new LaneLayout(members);
    }

    /**
     * Nothing of the pipeline may run meanwhile; a producer that does is fenced.
     *
     * @param pipeline name and incarnation; its lanes are not looked at
     * @param layout as {@link #named} gave it
     * @param applied by old lane: where the target's cursor stands
     * @param atLeast no new lane begins below, whatever its ancestors: 1 + the largest that the target knows
     * @return by lane of the layout: where it goes on or begins
     * @throws SluiceException kind {@code REFUSED} when an old lane is not whole, not drained, or inside a transaction; {@code KAFKA} when Kafka fails
     */
    public static Map<String, Long> migrate(
            PublisherSettings pipeline,
            LaneLayout layout,
            Map<String, Long> applied,
            long atLeast,
            SchemaRegistry registry,
            Map<String, Object> kafkaProperties) {
        Map<String, Long> begin = new TreeMap<>();
        layout.lanes().forEach(lane -> begin.put(lane, atLeast));
        LaneMigration migration = new LaneMigration(pipeline.withLanes(layout, begin), layout);
        try (LaneProducer producer = LaneProducer.connect(pipeline, kafkaProperties, FaultPoint.NONE);
                TopicEnd end = TopicEnd.connect(kafkaProperties)) {
            migration.start.requireOurs(end, registry);
            producer.takeOver();
            return migration.migrate(end, producer, applied, registry);
        }
    }

    /**
     * Ends the log of every lane with an event that nothing waits behind: a heartbeat of what is known already. To be asked for as {@link #migrate}, as often as
     * it takes; a topology looks at what it has put off when an event comes.
     *
     * @return by lane its sequence; empty where nothing was ever published
     * @throws SluiceException kind {@code REFUSED} when a lane is not whole or the producer was stopped inside a transaction; {@code KAFKA} when Kafka fails
     */
    public static Map<String, Long> heartbeat(
            PublisherSettings pipeline,
            LaneLayout layout,
            SchemaRegistry registry,
            Map<String, Object> kafkaProperties,
            InstantSource clock) {
        LaneMigration migration = new LaneMigration(pipeline, layout);
        try (LaneProducer producer = LaneProducer.connect(pipeline, kafkaProperties, FaultPoint.NONE);
                TopicEnd end = TopicEnd.connect(kafkaProperties)) {
            migration.start.requireOurs(end, registry);
            producer.takeOver();
            return migration.heartbeat(end, producer, registry, clock);
        }
    }

    private Map<String, Long> heartbeat(
            TopicEnd end, LaneProducer producer, SchemaRegistry registry, InstantSource clock) {
        Optional<ProducerProgress> found = ProgressStore.read(end, settings.pipeline());
        if (found.isEmpty() || found.get().position() == null) {
            return Map.of();
        }
        ProducerProgress progress = found.get();
        requireOutsideTransaction(progress);
        Map<String, Source> last = start.last(end, registry, progress.lanes().keySet());
        SortedMap<String, Long> sequences = new TreeMap<>();
        SortedMap<String, LaneProgress> lanes = new TreeMap<>(progress.lanes());
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        last.forEach((lane, source) -> {
            LaneProgress at = Objects.requireNonNull(progress.lanes().get(lane));
            start.requireWhole(lane, at, last);
            records.add(heartbeat(lane, at.nextSequence(), source, registry, clock));
            lanes.put(lane, new LaneProgress(at.nextSequence() + 1, 0, at.tables()));
            sequences.put(lane, at.nextSequence());
        });
        records.add(ProgressStore.toRecord(settings.pipeline(), progress.withLanes(lanes, progress.past())));
        producer.commit(records);
        return sequences;
    }

    /** It says no more of the source than the lane's last event. */
    private ProducerRecord<byte[], byte[]> heartbeat(
            String lane, long sequence, Source last, SchemaRegistry registry, InstantSource clock) {
        Source source = new Source(
                last.pipelineId(),
                last.connector(),
                last.database(),
                sequence,
                last.position(),
                last.commitMillis(),
                false);
        Control event = new Control(
                Control.Kind.HEARTBEAT,
                null,
                null,
                Map.of(),
                source,
                new Transaction("control-" + sequence, 1, 1, true),
                clock.millis());
        String topic = new Topics(settings.pipeline()).changes(lane);
        EventWriter writer = new EventWriter(settings.pipeline(), topic, registry);
        return new RecordEncoder(topic, writer, settings.bounds().maxRecordBytes())
                .encode(event)
                .record();
    }

    private Map<String, Long> migrate(
            TopicEnd end, LaneProducer producer, Map<String, Long> applied, SchemaRegistry registry) {
        ProducerProgress progress = ProgressStore.read(end, settings.pipeline())
                .orElseThrow(() -> refused("nothing was ever published; `sluice run` begins with the new lanes"));
        if (!progress.lanes().keySet().equals(layout.lanes())) {
            requireDrained(
                    progress,
                    applied,
                    start.last(end, registry, progress.lanes().keySet()));
            progress = migrated(progress);
            producer.commit(List.of(ProgressStore.toRecord(settings.pipeline(), progress)));
        }
        start.requireLayout(progress);
        SortedMap<String, Long> next = new TreeMap<>();
        progress.lanes().forEach((lane, at) -> next.put(lane, at.nextSequence()));
        return next;
    }

    private void requireDrained(ProducerProgress progress, Map<String, Long> applied, Map<String, Source> last) {
        requireOutsideTransaction(progress);
        progress.lanes().forEach((lane, at) -> {
            long published = at.nextSequence() - 1;
            if (last.containsKey(lane)) {
                start.requireWhole(lane, at, last);
            }
            if (applied.getOrDefault(lane, 0L) < published) {
                throw refused("lane " + lane + " is published up to sequence " + published + " and applied up to "
                        + applied.getOrDefault(lane, 0L) + "; let it drain");
            }
        });
    }

    /** The rest of the transaction is still in the source: what stands in the log of it is not applied before that has come. */
    private void requireOutsideTransaction(ProducerProgress progress) {
        if (progress.isInsideTransaction()) {
            throw refused(
                    "the producer was stopped inside a transaction of the source, and only a run can bring its end;"
                            + " run the pipeline with its present lanes, tables and foreign keys (sluice run --until-caught-up), then migrate again");
        }
    }

    private ProducerProgress migrated(ProducerProgress progress) {
        SortedMap<String, LaneProgress> lanes = new TreeMap<>();
        SortedMap<String, Long> past = new TreeMap<>(progress.past());
        progress.lanes().forEach((lane, at) -> past.put(lane, at.nextSequence()));
        layout.members().forEach((lane, tables) -> {
            if (keeps(layout, lane, progress)) {
                lanes.put(lane, progress.lanes().get(lane));
                past.remove(lane);
            } else if (past.containsKey(lane)) {
                throw refused("lane " + lane + " has been written with other tables; the new one needs another name");
            } else {
                lanes.put(lane, new LaneProgress(begin(lane, progress), 0, tables));
            }
        });
        return progress.withLanes(lanes, past);
    }

    private long begin(String lane, ProducerProgress progress) {
        long ancestors = progress.lanes().entrySet().stream()
                .filter(old -> shares(old.getValue(), layout.members().getOrDefault(lane, new TreeSet<>())))
                .mapToLong(old -> old.getValue().nextSequence())
                .max()
                .orElse(1);
        return Math.max(ancestors, settings.lanes().firstSequence(lane));
    }

    /** Whether a lane of the layout is the written one of its name: neither takes a table from another nor gives one away. */
    private static boolean keeps(LaneLayout layout, String lane, ProducerProgress progress) {
        LaneProgress old = progress.lanes().get(lane);
        SortedSet<TableId> tables = layout.members().getOrDefault(lane, new TreeSet<>());
        return old != null
                && progress.lanes().entrySet().stream()
                        .allMatch(other -> other.getKey().equals(lane) || !shares(other.getValue(), tables))
                && layout.members().entrySet().stream()
                        .allMatch(other -> other.getKey().equals(lane) || !shares(old, other.getValue()));
    }

    /** A progress of the first version does not say which tables its one lane has: all of them. */
    private static boolean shares(LaneProgress old, Set<TableId> tables) {
        return old.tables().isEmpty() || old.tables().stream().anyMatch(tables::contains);
    }

    private SluiceException refused(String what) {
        return SluiceException.of(
                ErrorKind.REFUSED, "the lanes of pipeline " + settings.pipeline() + " are not migrated: " + what);
    }
}
