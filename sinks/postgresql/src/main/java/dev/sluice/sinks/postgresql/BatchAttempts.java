package dev.sluice.sinks.postgresql;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.BatchApplier;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.apply.LaneCursor;
import dev.sluice.sinks.postgresql.apply.Loader;
import dev.sluice.sinks.postgresql.apply.PreparedBatch;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.ordered.Batch;
import dev.sluice.sinks.postgresql.ordered.LanePosition;
import dev.sluice.sinks.postgresql.ordered.OrderedReader;
import dev.sluice.sinks.postgresql.ordered.OrderedRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One batch, tried until it is applied: a transaction larger than a batch is read again from its beginning. */
final class BatchAttempts {
    private final SinkSettings settings;
    private final SinkState state;
    private final TargetDatabase database;
    private final LaneCursor cursor;
    private final OrderedReader reader;
    private final LockWatch locks;
    private final BatchApplier applier;
    private final Loader loader;
    private final FaultPoints faults;
    /** Of the pieces so far only what is to be done behind them is kept: a transaction may have any number. */
    private final Set<TableId> ended = new LinkedHashSet<>();

    private Set<TableId> loading = Set.of();
    /** A batch ends behind it. */
    private @Nullable OrderedRecord question;

    private long reads;
    private Batch batch;
    private LanePosition position;
    private boolean repeated;

    /** @param position where the lane stands before the batch */
    BatchAttempts(
            SinkSettings settings,
            SinkState state,
            TargetDatabase database,
            LaneCursor cursor,
            OrderedReader reader,
            LockWatch locks,
            BatchApplier applier,
            Loader loader,
            FaultPoints faults,
            Batch batch,
            LanePosition position) {
        this.settings = settings;
        this.state = state;
        this.database = database;
        this.cursor = cursor;
        this.reader = reader;
        this.locks = locks;
        this.applier = applier;
        this.loader = loader;
        this.faults = faults;
        this.batch = batch;
        this.position = position;
    }

    /** Empty while the lane is paused or replayed. */
    Optional<Applied> next() throws SQLException {
        if (repeated && !batch.complete()) {
            position = database.transactOnce(cursor::lock);
            reader.seek(position);
            batch = reader.next();
        }
        repeated = true;
        begin();
        faults.before("prepare batch");
        PreparedBatch first = prepare(batch);
        if (batch.complete()) {
            locks.watched(() -> loader.before(first, position, state::doing));
        }
        Optional<Applied> applied = database.transactOnce(connection -> watched(connection, first));
        faults.before("next transaction");
        return applied;
    }

    private void begin() {
        ended.clear();
        loading = loader.loading();
        reads = 0;
        question = null;
    }

    private PreparedBatch prepare(Batch piece) {
        PreparedBatch next = applier.prepare(piece.records(), loading);
        loading = Set.copyOf(next.loading());
        ended.removeAll(next.begun());
        ended.addAll(next.ended());
        piece.records().stream().filter(OrderedRecord::compares).forEach(record -> question = record);
        reads += piece.records().stream().filter(OrderedRecord::isRead).count();
        return next;
    }

    /** Rows that a snapshot, or somebody who asked for them, read: of the last attempt. */
    long reads() {
        return reads;
    }

    /** What is to be done when it is committed. Repeatable. */
    boolean finish() throws SQLException {
        return locks.watched(() -> loader.after(loading, ended, state::doing));
    }

    private Optional<Applied> watched(Connection connection, PreparedBatch first) throws SQLException {
        locks.begin(connection);
        try {
            return transact(connection, first);
        } finally {
            locks.end();
        }
    }

    private Optional<Applied> transact(Connection connection, PreparedBatch first) throws SQLException {
        faults.before("lock cursor");
        LanePosition now = cursor.lock(connection);
        if (cursor.paused() != null || cursor.replay() != null) {
            return Optional.empty();
        }
        Applied applied = Applied.nothing(now);
        if (batch.isEmpty() || now.equals(batch.end(now.pipelineId()))) {
            return Optional.of(applied);
        }
        requirePosition(now);
        Batch piece = batch;
        applied = applied.and(piece, applier.apply(connection, first));
        while (!piece.complete()) {
            piece = reader.next();
            if (piece.isEmpty()) {
                connection.rollback();
                begin();
                return Optional.of(Applied.nothing(now));
            }
            applied = applied.and(piece, applier.apply(connection, prepare(piece)));
        }
        if (question != null) {
            applier.compare(connection, question);
        }
        faults.before("advance cursor");
        cursor.advance(connection, applied.end(), applied.sourceTime());
        faults.before("commit");
        return Optional.of(applied);
    }

    private void requirePosition(LanePosition now) {
        if (!now.equals(position)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the cursor of " + settings.topic() + " moved from sequence " + position.sequence() + " to "
                            + now.sequence()
                            + " without this sink: somebody changed sluice.progress, or the target was restored. Start again.");
        }
    }
}
