package dev.sluice.sinks.postgresql.replay;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.sinks.postgresql.SinkSettings;
import dev.sluice.sinks.postgresql.apply.BatchApplier;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.ordered.LoggedRecord;
import dev.sluice.sinks.postgresql.ordered.OrderedLog;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts what of a range of the log still shows into the index, step by step. Not thread-safe. */
final class Indexing implements AutoCloseable {
    private final SinkSettings settings;
    private final BatchApplier applier;
    private final SchemaRegistry registry;
    private final Map<String, Object> kafka;
    private final FaultPoints faults;
    private @Nullable OrderedLog log;
    /** The offset behind which the log is, -1 for the range's beginning; null when that is not known. */
    private @Nullable Long behind;

    Indexing(
            SinkSettings settings,
            BatchApplier applier,
            SchemaRegistry registry,
            Map<String, Object> kafka,
            FaultPoints faults) {
        this.settings = settings;
        this.applier = applier;
        this.registry = registry;
        this.kafka = kafka;
        this.faults = faults;
    }

    /** What was read may not have been committed. */
    void forgetPlace() {
        behind = null;
    }

    /**
     * @return false when the log has given nothing, and may do so later
     * @throws SluiceException of kind REFUSED when the log does not hold the range
     */
    boolean step(Connection connection, String pipelineId, ReplayRow row, ReplayIndex index) throws SQLException {
        List<LoggedRecord> records = read(pipelineId, row);
        if (records.isEmpty()) {
            log().requireToCome(row.highOffset());
            return false;
        }
        faults.before("replay index");
        Ranks ranks = new Ranks(applier.parentsFirst());
        Map<String, Long> tables = row.beginnings(connection);
        Newest newest = new Newest();
        records.forEach(logged -> Entry.of(logged, tables, ranks).ifPresent(newest::add));
        index.add(connection, newest);
        LoggedRecord last = records.get(records.size() - 1);
        requireEnd(row, last);
        row.indexed(connection, last.header().sequence(), last.offset());
        behind = last.offset();
        return true;
    }

    private void requireEnd(ReplayRow row, LoggedRecord last) {
        if (last.offset() == row.highOffset() && last.header().sequence() != row.high()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "topic " + settings.topic() + " holds sequence "
                            + last.header().sequence() + " at offset "
                            + last.offset() + ", where sluice.progress has sequence " + row.high()
                            + ". Replay when the lane has applied something more");
        }
    }

    private List<LoggedRecord> read(String pipelineId, ReplayRow row) {
        OrderedLog open = log();
        if (behind == null || behind != row.indexedOffset()) {
            behind = null;
            seek(open, pipelineId, row);
            behind = row.indexedOffset();
        }
        return open.read(settings.batchRows(), settings.batchBytes(), row.highOffset());
    }

    private static void seek(OrderedLog log, String pipelineId, ReplayRow row) {
        if (row.indexedOffset() < 0) {
            log.seekSequence(pipelineId, row.from(), row.highOffset());
        } else {
            log.seekBehind(pipelineId, row.indexed(), row.indexedOffset());
        }
    }

    private OrderedLog log() {
        OrderedLog open = log;
        if (open == null) {
            open = OrderedLog.open(kafka, settings.topic(), registry);
            log = open;
        }
        return open;
    }

    @Override
    public void close() {
        if (log != null) {
            log.close();
        }
    }
}
