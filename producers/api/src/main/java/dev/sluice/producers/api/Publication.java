package dev.sluice.producers.api;

import dev.sluice.producers.api.PublisherStatus.Phase;
import dev.sluice.producers.api.PublisherStatus.TableStatus;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.progress.Backfill;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.progress.SnapshotProgress;
import dev.sluice.schemas.relational.TableId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The work of a publisher, step by step, in one thread. A step reads a snapshot chunk with the tail before it, or a part of the tail; the Kafka
 * transaction is committed when it is full or the commit interval is over, always behind a whole chunk or part, so the progress in it is true.
 */
final class Publication {
    static final String REJECTED = "rejected";

    private static final Duration ACKNOWLEDGE = Duration.ofSeconds(1);

    private final PublisherSettings settings;
    private final ChangeSource source;
    private final LaneProducer producer;
    private final Lanes lanes;
    private final FaultPoint faults;
    private final Consumer<PublisherStatus> observer;
    private final Snapshots snapshots;
    private final Backfills backfills;
    private final Outbox outbox;
    private final ReadSize tailSize;
    private final Interval commit;
    private final Interval heartbeat;
    private final Interval acknowledge;
    private final Pace pace;
    private final Map<TableId, Long> estimates = new HashMap<>();
    private final Map<TableId, Long> rejectedInTail = new HashMap<>();
    private final SortedMap<String, Long> past;
    private final long firstSequences;
    private final Answers answers;
    private ReadSize chunkSize;
    private @Nullable Instant complete;
    private @Nullable Position durable;
    private long transactions;

    /**
     * The source and the lanes stand at {@code start}; the lanes are taken over.
     *
     * @param observer is told whenever something has become durable
     */
    Publication(
            PublisherSettings settings,
            ChangeSource source,
            LaneProducer producer,
            Lanes lanes,
            SignalReader signals,
            ProducerProgress start,
            InstantSource clock,
            FaultPoint faults,
            Consumer<PublisherStatus> observer) {
        this.settings = settings;
        this.source = source;
        this.producer = producer;
        this.lanes = lanes;
        this.faults = faults;
        this.observer = observer;
        this.past = start.past();
        this.firstSequences = sum(lanes.nextSequences());
        this.snapshots = Snapshots.resume(source.tables(), source::capture, start.snapshots());
        this.durable = start.position();
        this.outbox = new Outbox(
                settings.bounds().maxRecordsPerTransaction(), settings.bounds().maxBytesPerTransaction());
        this.backfills = new Backfills(source, lanes, snapshots, outbox, start.snapshots());
        this.answers = new Answers(source, lanes, signals, outbox, backfills, settings.bounds());
        this.tailSize = new ReadSize(settings.bounds().maxBytesPerTransaction());
        this.chunkSize = new ReadSize(settings.bounds().maxBytesPerTransaction());
        this.commit = new Interval(clock, settings.timing().commitInterval());
        this.heartbeat = new Interval(clock, settings.timing().heartbeat());
        this.acknowledge = new Interval(clock, ACKNOWLEDGE);
        this.pace = new Pace(clock, settings.timing().snapshotRowsPerSecond());
        for (SnapshotProgress table : snapshots.progress()) {
            estimates.put(table.table(), table.done() ? table.rows() : source.estimateRows(table.table()));
        }
        observer.accept(status());
    }

    /** Does what there is to do; returns how long to wait before the next step. */
    Duration step(BooleanSupplier stopping) {
        if (answers.areDue()) {
            answers.read(road(), stopping);
            commitWhenDue();
            return Duration.ZERO;
        }
        SnapshotProgress table = backfills.next().orElse(null);
        Duration held = pace.left();
        if (table != null && held.isZero()) {
            snapshot(table, stopping);
            return Duration.ZERO;
        }
        boolean found = follow();
        commitWhenDue();
        acknowledgeWhenDue();
        if (found) {
            return Duration.ZERO;
        }
        Duration poll = settings.timing().pollInterval();
        Duration wait = table == null ? poll : shorter(poll, held);
        return outbox.isEmpty() ? wait : shorter(wait, commit.left());
    }

    /** Makes the rest durable. */
    void finish() {
        if (!outbox.isEmpty()) {
            commit();
        }
        acknowledge();
    }

    /** The tail goes first, up to where the chunk was read; a chunk that is interrupted there is read again at the next start. */
    private void snapshot(SnapshotProgress table, BooleanSupplier stopping) {
        if (table.cursor() == null) {
            chunkSize = new ReadSize(settings.bounds().maxBytesPerTransaction());
            estimateAgain(table);
        }
        SnapshotChunk chunk = read(table);
        if (chunk == null || !tailTo(chunk.position(), chunk.readAt(), stopping)) {
            return;
        }
        publish(table, chunk);
        pace.read(chunk.read());
        commitWhenDue();
        if (heartbeat.isDue() || answers.waitForTheEnd() || backfills.waitForTheEnd()) {
            follow();
        }
    }

    /** A first snapshot was estimated at the start. */
    private void estimateAgain(SnapshotProgress table) {
        if (table.backfill() != null) {
            estimates.put(table.table(), source.estimateRows(table.table()));
        }
    }

    /** Null when the condition of a backfill fails, which is nobody's failure but that of whoever asked for it. */
    private @Nullable SnapshotChunk read(SnapshotProgress table) {
        int rows = chunkSize.atMost(pace.atMost(settings.bounds().chunkRows()));
        Backfill backfill = table.backfill();
        if (backfill == null || backfill.where() == null) {
            return source.snapshot(table.table(), table.cursor(), rows);
        }
        try {
            return source.snapshot(table.table(), table.cursor(), rows, backfill.where());
        } catch (SluiceException e) {
            if (e.kind() != ErrorKind.CONFIGURATION) {
                throw e;
            }
            backfills.failed(backfill, String.valueOf(e.getMessage()));
            return null;
        }
    }

    /** False when it was to stop before the end. */
    private boolean tailTo(Position position, Instant asOf, BooleanSupplier stopping) {
        Polled polled = source.poll(position, maxRecords());
        while (polled.part().isPresent()) {
            publish(polled.part().get());
            commitWhenDue();
            if (stopping.getAsBoolean()) {
                return false;
            }
            polled = source.poll(position, maxRecords());
        }
        endTransaction(position, asOf);
        return true;
    }

    private Answers.Road road() {
        return new Answers.Road() {
            @Override
            public boolean tailTo(Position position, Instant asOf, BooleanSupplier stopping) {
                return Publication.this.tailTo(position, asOf, stopping);
            }

            @Override
            public long chunk(TableId table, SnapshotChunk chunk) {
                long before = outbox.bytes();
                lanes.chunk(table, chunk, Publication.this::addFromTail);
                long bytes = outbox.bytes() - before;
                commitWhenDue();
                return bytes;
            }

            @Override
            public void say(Notice notice, Position position, Instant asOf) {
                lanes.control(notice, position, asOf, outbox::add);
                commitWhenDue();
            }
        };
    }

    private void addFromTail(RecordEncoder.Encoded encoded) {
        outbox.add(encoded);
        TableId rejected = encoded.rejectedTable();
        if (rejected != null) {
            rejectedInTail.merge(rejected, 1L, Long::sum);
        }
    }

    /** The rest of a transaction may have no records, when its tables are not captured any more: then nothing else ends it. */
    private void endTransaction(Position position, Instant asOf) {
        if (lanes.isInsideTransaction()) {
            heartbeat(position, asOf);
        }
    }

    private void heartbeat(Position position, Instant asOf) {
        lanes.control(Notice.HEARTBEAT, position, asOf, outbox::add);
        heartbeat.restart();
    }

    /** One poll of the tail up to the present. */
    private boolean follow() {
        Polled polled = source.poll(null, maxRecords());
        polled.part().ifPresent(this::publish);
        polled.completeAsOf().ifPresent(this::complete);
        return polled.part().isPresent();
    }

    private void complete(Instant asOf) {
        complete = asOf;
        endTransaction(source.position(), asOf);
        if (heartbeat.isDue()) {
            heartbeat(source.position(), asOf);
        }
        backfills.complete(source.position(), asOf);
        answers.complete(source.position(), asOf);
        if (outbox.isEmpty()) {
            observer.accept(status());
        }
    }

    private void publish(TransactionPart part) {
        long before = outbox.bytes();
        lanes.part(part, this::addFromTail);
        tailSize.read(part.records().size(), outbox.bytes() - before);
    }

    private void publish(SnapshotProgress before, SnapshotChunk chunk) {
        TableId table = before.table();
        if (before.cursor() == null) {
            String estimated = String.valueOf(estimates.getOrDefault(table, 0L));
            Notice begin = Notice.of(Control.Kind.SNAPSHOT_BEGIN, table, Map.of(Control.ESTIMATED, estimated));
            lanes.control(begin, chunk.position(), chunk.readAt(), outbox::add);
        }
        long bytes = outbox.bytes();
        long[] rejected = {0};
        leave(table, chunk);
        lanes.chunk(table, chunk, encoded -> {
            outbox.add(encoded);
            rejected[0] += encoded.rejectedTable() == null ? 0 : 1;
        });
        chunkSize.read(chunk.records().size() + chunk.gone().size(), outbox.bytes() - bytes);
        SnapshotProgress now =
                snapshots.read(table, chunk.cursor(), chunk.records().size(), rejected[0]);
        if (now.done()) {
            lanes.control(end(now), chunk.position(), chunk.readAt(), outbox::add);
            backfills.ended(now, chunk.position(), chunk.readAt());
        }
    }

    /** As a transaction of their own: they are no rows of the snapshot. */
    private void leave(TableId table, SnapshotChunk chunk) {
        if (!chunk.gone().isEmpty()) {
            String id = "unselected-" + table + "-" + chunk.position();
            lanes.part(new TransactionPart(id, chunk.readAt(), chunk.gone(), chunk.position(), true), outbox::add);
        }
    }

    /** What is said when a table is not read any further. */
    static Notice end(SnapshotProgress table) {
        String rows = String.valueOf(table.rows());
        Map<String, String> totals = Map.of(Control.ROWS, rows, REJECTED, String.valueOf(table.rejected()));
        return Notice.of(Control.Kind.SNAPSHOT_END, table.table(), totals);
    }

    private int maxRecords() {
        return tailSize.atMost(settings.bounds().maxRecordsPerTransaction());
    }

    private void commitWhenDue() {
        if (outbox.isFull() || (!outbox.isEmpty() && commit.isDue())) {
            commit();
        }
    }

    private void commit() {
        ProducerProgress progress = new ProducerProgress(
                settings.pipelineId(),
                source.position(),
                lanes.progress(),
                past,
                snapshots.progress(),
                answers.offset());
        producer.commit(outbox.with(ProgressStore.toRecord(settings.pipeline(), progress)));
        outbox.clear();
        durable = progress.position();
        transactions++;
        commit.restart();
        observer.accept(status());
        acknowledgeWhenDue();
    }

    private void acknowledgeWhenDue() {
        if (acknowledge.isDue()) {
            acknowledge();
        }
    }

    /** Said again while nothing changes: a source that could not forget at once, because the application wrote, does it later. */
    private void acknowledge() {
        faults.reached(FaultPoint.Place.BEFORE_SOURCE_COMMITTED);
        if (durable != null) {
            source.committed(durable);
        }
        acknowledge.restart();
    }

    /** Only what is durable: asked for when nothing is left to be committed. */
    private PublisherStatus status() {
        List<SnapshotProgress> progress = snapshots.progress();
        Map<String, Long> next = lanes.nextSequences();
        boolean done = progress.stream().allMatch(SnapshotProgress::done);
        return new PublisherStatus(
                done ? Phase.FOLLOWING : Phase.SNAPSHOT,
                next,
                progress.stream().map(this::status).toList(),
                complete,
                source.position().toString(),
                sum(next) - firstSequences,
                transactions);
    }

    private TableStatus status(SnapshotProgress table) {
        TableId id = table.table();
        return new TableStatus(
                id,
                table.rows(),
                Math.max(table.rows(), estimates.getOrDefault(id, 0L)),
                table.done(),
                table.rejected() + rejectedInTail.getOrDefault(id, 0L));
    }

    private static long sum(Map<String, Long> sequences) {
        return sequences.values().stream().mapToLong(Long::longValue).sum();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
