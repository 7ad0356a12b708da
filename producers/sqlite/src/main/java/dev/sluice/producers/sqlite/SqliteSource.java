package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.Capabilities;
import dev.sluice.producers.api.Capabilities.Rewind;
import dev.sluice.producers.api.Capabilities.Transactions;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.Counted;
import dev.sluice.producers.api.KeyedRead;
import dev.sluice.producers.api.Notation;
import dev.sluice.producers.api.Polled;
import dev.sluice.producers.api.QueryRows;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.TransactionPart;
import dev.sluice.producers.sqlite.StoredValue.RawText;
import dev.sluice.producers.sqlite.notation.SqliteNotation;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.TableId;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Follows a SQLite database through the log that its triggers write. A read transaction is a consistent cut: what the log holds between two of them is one transaction,
 * named by the log's newest row in it. Its time is the newest trigger's, by the clock of the machine that the application runs on.
 */
final class SqliteSource implements ChangeSource {
    private static final long NEVER = -1;

    private final SqliteSettings settings;
    private final Names names;
    private final CapturedTables tables;
    private final InstantSource clock;
    private final CaptureGuard guard;
    private final LogTrimmer trimmer;
    private final Map<TableId, SnapshotReader> snapshots = new HashMap<>();
    private final Map<TableId, KeyedReader> keyed = new HashMap<>();
    private @Nullable Session session;
    private @Nullable LogReader log;
    private @Nullable LogPosition position;
    /** SQLite's data version at which nothing stood behind {@link #position}. */
    private long quietVersion = NEVER;

    private @Nullable Condition scanned;
    /** How many rows a read under that condition looks at. */
    private int scannedRows;

    SqliteSource(
            SqliteSettings settings,
            List<CapturedTable> tables,
            String pipeline,
            String pipelineId,
            InstantSource clock) {
        this.settings = settings;
        this.names = new Names(pipeline);
        this.tables = new CapturedTables(tables, settings.realTimestamps());
        this.clock = clock;
        this.guard = new CaptureGuard(settings, names, pipelineId, this.tables);
        this.trimmer = new LogTrimmer(settings, names, clock);
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(Transactions.CUT, Rewind.RETAINED, false, true, true, true);
    }

    @Override
    public String connector() {
        return SqliteConnector.KIND;
    }

    @Override
    public String database() {
        return settings.name();
    }

    @Override
    public List<CapturedTable> tables() {
        return tables.parentsFirst();
    }

    @Override
    public void open(@Nullable Position from) {
        LogPosition wanted = from == null ? null : LogPosition.of(from);
        closeSession();
        guard.opened();
        Session opened = Session.reader(settings);
        session = opened;
        position = opened.inRead(s -> {
            check(s);
            LogPosition newest = newest(s);
            if (wanted != null) {
                requireKnown(s, wanted, newest);
            }
            return wanted == null ? newest : wanted;
        });
        quietVersion = NEVER;
    }

    @Override
    public Position position() {
        return here().toPosition();
    }

    @Override
    public Polled poll(@Nullable Position upTo, int maxRecords) {
        Instant asOf = clock.instant();
        long bound = upTo == null ? Long.MAX_VALUE : LogPosition.of(upTo).seq();
        if (here().seq() >= bound) {
            return Polled.nothing();
        }
        guard.requireSameFile();
        while (true) {
            Cut cut = session().inRead(s -> readCut(s, bound, maxRecords));
            TransactionPart part = part(cut, maxRecords);
            boolean all = upTo == null && here().isBehindWholeCut() && here().seq() >= cut.newest;
            if (part != null) {
                return all ? Polled.upToDate(part, asOf) : Polled.part(part);
            }
            if (here().seq() >= bound) {
                return Polled.nothing();
            }
            if (all) {
                return Polled.complete(asOf);
            }
        }
    }

    /**
     * What a read of the tail found.
     *
     * @param end behind the last of the entries, and behind everything uninteresting that follows them when {@code last}
     * @param newest of the log
     * @param dataVersion SQLite's own number of the state that was read
     */
    private record Cut(List<LogReader.Entry> entries, LogPosition end, boolean last, long newest, long dataVersion) {}

    private Cut readCut(Session s, long bound, int maxRecords) throws SQLException {
        LogPosition from = here();
        long version = Objects.requireNonNull(s.number("PRAGMA data_version"));
        if (version == quietVersion) {
            return new Cut(List.of(), from, true, from.seq(), version);
        }
        check(s);
        LogPosition newest = newest(s);
        requireKnown(s, from, newest);
        long end = from.isBehindWholeCut() ? Math.min(bound, newest.seq()) : from.cutEnd();
        long readTo = Math.min(bound, end);
        LogReader.Slice slice = log().read(s, from.seq(), readTo, maxRecords);
        trimmer.read(slice.entries().size(), slice.weight());
        if (!slice.exhausted()) {
            LogReader.Entry entry = slice.entries().get(slice.entries().size() - 1);
            LogPosition here = new LogPosition(entry.seq(), end, entry.nonce());
            return new Cut(slice.entries(), here, false, newest.seq(), version);
        }
        Long nonce = log().nonce(s, readTo);
        if (nonce == null) {
            throw gone("row " + readTo + " of its log is missing");
        }
        LogPosition here = new LogPosition(readTo, end, nonce);
        return new Cut(slice.entries(), here, readTo == end, newest.seq(), version);
    }

    /** Null when nothing of it concerns the target. */
    private @Nullable TransactionPart part(Cut cut, int maxRecords) {
        List<SourceRecord> records = new ArrayList<>(cut.entries.size() + 1);
        long newestMillis = Long.MIN_VALUE;
        LogPosition end = cut.end;
        boolean last = cut.last;
        for (LogReader.Entry entry : cut.entries) {
            // A changed key is two records, so the entries may be too many.
            if (records.size() >= maxRecords) {
                last = false;
                break;
            }
            log().convert(entry, records);
            newestMillis = Math.max(newestMillis, entry.atMillis());
            end = new LogPosition(entry.seq(), cut.end.cutEnd(), entry.nonce());
        }
        moveTo(last || records.isEmpty() ? cut.end : end, cut);
        return records.isEmpty()
                ? null
                : new TransactionPart(
                        Long.toString(cut.end.cutEnd()), Instant.ofEpochMilli(newestMillis), records, position(), last);
    }

    /** Only now, so that a failure before leaves the tail where it was. */
    private void moveTo(LogPosition end, Cut cut) {
        position = end;
        quietVersion = end.isBehindWholeCut() && end.seq() == cut.newest ? cut.dataVersion : NEVER;
    }

    @Override
    public SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows) {
        guard.requireSameFile();
        Instant readAt = clock.instant();
        int rows = Math.min(maxRows, settings.chunkRows());
        Chunk chunk = session().inRead(s -> chunk(s, table, reader -> reader.read(s, cursor, rows)));
        return converted(table, readAt, chunk);
    }

    @Override
    public SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows, String condition) {
        guard.requireSameFile();
        Instant readAt = clock.instant();
        int rows = Math.min(maxRows, settings.chunkRows());
        Condition asked = new Condition(tables.get(table).sourceName(), condition);
        if (!asked.equals(scanned)) {
            scanned = asked;
            scannedRows = SnapshotReader.SCANNED_ROWS;
        }
        Condition.Scan<Chunk> scan = new Condition.Scan<>(
                scannedRows,
                most -> s -> chunk(s, table, reader -> asked.guarded(() -> reader.read(s, cursor, rows, asked, most))));
        Chunk chunk = asked.guarded(session(), scan);
        scannedRows = scan.rows();
        return converted(table, readAt, chunk);
    }

    @Override
    public void requireCondition(TableId table, String condition) {
        Condition asked = new Condition(tables.get(table).sourceName(), condition);
        session().inRead(s -> {
            check(s);
            asked.require(s);
            return true;
        });
    }

    /** What is read of one table. */
    private interface TableRead {
        SnapshotReader.Rows rows(SnapshotReader reader) throws SQLException;
    }

    private Chunk chunk(Session s, TableId table, TableRead read) throws SQLException {
        check(s);
        LogPosition newest = newest(s);
        CapturedTable captured = tables.get(table);
        SnapshotReader reader = snapshots.computeIfAbsent(
                table,
                id -> new SnapshotReader(
                        captured,
                        guard.table(captured.sourceName()),
                        guard.selected(captured.sourceName()).selection()));
        return new Chunk(newest, read.rows(reader));
    }

    /** After the transaction, which keeps a writer in rollback mode waiting. */
    // NullAway does not see that the chunk's cursor may be null: an annotation on an array in another module.
    @SuppressWarnings("NullAway")
    private SnapshotChunk converted(TableId table, Instant readAt, Chunk chunk) {
        String source = tables.get(table).sourceName();
        SelectedRows selected = guard.selected(source);
        boolean leave = guard.selectedMore(source);
        List<SourceRecord> records = new ArrayList<>(chunk.rows.rows().size());
        List<SourceRecord> gone = new ArrayList<>();
        for (@Nullable Object[] image : chunk.rows.rows()) {
            SourceRecord row = selected.upsert(Op.READ, image);
            if (row != null) {
                records.add(row);
            } else if (leave) {
                SourceRecord delete = selected.delete(selected.selection().identity(image));
                if (delete != null) {
                    gone.add(delete);
                }
            }
        }
        int read = chunk.rows.rows().size();
        return new SnapshotChunk(chunk.position.toPosition(), readAt, records, gone, read, chunk.rows.cursor());
    }

    private record Chunk(LogPosition position, SnapshotReader.Rows rows) {}

    @Override
    public KeyedRead read(TableId table, List<@Nullable Object[]> keys) {
        CapturedTable captured = tables.get(table);
        guard.requireSameFile();
        Instant readAt = clock.instant();
        Keyed read = session().inRead(s -> {
            check(s);
            LogPosition newest = newest(s);
            KeyedReader reader = keyed.computeIfAbsent(
                    table,
                    id -> new KeyedReader(
                            captured, guard.table(captured.sourceName()), guard.selected(captured.sourceName())));
            return new Keyed(newest, reader, reader.read(s, keys));
        });
        List<SourceRecord> records = read.reader.records(keys, read.found);
        return new KeyedRead(
                read.position.toPosition(), readAt, records, read.found.rows().size());
    }

    private record Keyed(LogPosition position, KeyedReader reader, KeyedReader.Found found) {}

    @Override
    public Notation notation(TableId table) {
        Notation notation = SqliteNotation.of(tables.get(table), settings.realTimestamps());
        return (column, stored, value) ->
                notation.compare(column, stored instanceof RawText text ? text.bytes() : stored, value);
    }

    @Override
    public Optional<Counted> count(TableId table) {
        guard.requireSameFile();
        return RowCount.of(session(), tables.get(table), this::present);
    }

    @Override
    public QueryRows query(String sql, int maxRows) {
        return query(new Query(sql, maxRows, Query.Cost.DEFAULT));
    }

    QueryRows query(Query query) {
        guard.requireSameFile();
        return query.answer(session(), this::present);
    }

    private Position present(Session s) throws SQLException {
        check(s);
        return newest(s).toPosition();
    }

    @Override
    public String capture(TableId table) {
        return Integer.toString(guard.number(tables.get(table).sourceName()));
    }

    @Override
    public long estimateRows(TableId table) {
        CapturedTable captured = tables.get(table);
        return session().inRead(s -> {
            check(s);
            return RowEstimate.of(s, guard.table(captured.sourceName()));
        });
    }

    @Override
    public void committed(Position durable) {
        trimmer.trim(Math.min(LogPosition.of(durable).seq(), here().seq()));
    }

    LogTrimmer trimmer() {
        return trimmer;
    }

    private void check(Session s) throws SQLException {
        if (guard.check(s)) {
            log = new LogReader(names, tables.parentsFirst(), guard.layouts(), guard::selected);
            snapshots.clear();
            keyed.clear();
        }
    }

    private LogPosition newest(Session s) throws SQLException {
        LogPosition newest = log().newest(s);
        if (newest == null) {
            throw gone("its log is empty");
        }
        return newest;
    }

    /** The row at a position must still be the one that was there. */
    private void requireKnown(Session s, LogPosition wanted, LogPosition newest) throws SQLException {
        if (wanted.cutEnd() > newest.seq()) {
            throw gone("its log ends at row " + newest.seq() + ", before row " + wanted.cutEnd()
                    + " that was read from it");
        }
        Long nonce = log().nonce(s, wanted.seq());
        if (nonce == null) {
            throw gone("row " + wanted.seq() + " of its log is not there any more");
        } else if (nonce != wanted.nonce()) {
            throw gone("row " + wanted.seq() + " of its log is another than the one that was read");
        }
    }

    private SluiceException gone(String what) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                settings.file() + " is not as pipeline " + names.pipeline() + " left it: " + what
                        + ". It was restored from a backup or replaced, or its log was trimmed for a later state; take the capture out with `sluice remove` "
                        + "and start the pipeline anew");
    }

    private LogPosition here() {
        if (position == null) {
            throw new IllegalStateException("the source is not open");
        }
        return position;
    }

    private Session session() {
        if (session == null) {
            throw new IllegalStateException("the source is not open");
        }
        return session;
    }

    private LogReader log() {
        return Objects.requireNonNull(log, "the source is not open");
    }

    private void closeSession() {
        if (session != null) {
            session.close();
            session = null;
            position = null;
        }
    }

    @Override
    public void close() {
        trimmer.close();
        closeSession();
        guard.close();
    }
}
