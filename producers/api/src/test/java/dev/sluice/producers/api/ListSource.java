package dev.sluice.producers.api;

import dev.sluice.producers.api.Capabilities.Rewind;
import dev.sluice.producers.api.Capabilities.Transactions;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Follows a {@link ListStore}, transaction by transaction or from cut to cut. */
final class ListSource implements ChangeSource {
    private static final Pattern CONDITION = Pattern.compile("(\\w+) >= (-?\\d+)");

    private final ListStore store;
    private final Capabilities capabilities;
    private final InstantSource clock;
    private int index;
    private int record;
    /** Where the cut that is being given ends; not above {@code index} when none is. */
    private int cut;

    ListSource(ListStore store, Transactions transactions, InstantSource clock) {
        this.store = store;
        this.capabilities = new Capabilities(transactions, Rewind.RETAINED, true, true, true, true);
        this.clock = clock;
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public String connector() {
        return "list";
    }

    @Override
    public String database() {
        return "memory";
    }

    @Override
    public List<CapturedTable> tables() {
        return store.tables();
    }

    @Override
    public void open(@Nullable Position position) {
        if (position == null) {
            index = store.size();
            record = 0;
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(position.bytes(), 1, 8);
        index = bytes.getInt();
        record = bytes.getInt();
        if (index > store.size() || index < store.forgotten()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the list has transactions " + store.forgotten() + " to " + store.size() + ", not " + index);
        }
    }

    @Override
    public Position position() {
        return ListStore.position(index, record);
    }

    @Override
    public Polled poll(@Nullable Position upTo, int maxRecords) {
        Instant now = clock.instant();
        int end = upTo == null
                ? store.size()
                : ByteBuffer.wrap(upTo.bytes(), 1, 4).getInt();
        if (index >= end) {
            return upTo == null ? Polled.complete(now) : Polled.nothing();
        }
        if (capabilities.transactions() == Transactions.EXACT) {
            TransactionPart part =
                    take(index + 1, maxRecords, store.transaction(index).id());
            return polled(part, upTo, end, now);
        }
        cut = cut > index ? cut : end;
        return polled(take(cut, maxRecords, "cut" + cut), upTo, end, now);
    }

    private Polled polled(TransactionPart part, @Nullable Position upTo, int end, Instant now) {
        return upTo == null && index == end ? Polled.upToDate(part, now) : Polled.part(part);
    }

    private TransactionPart take(int end, int maxRecords, String id) {
        List<SourceRecord> records = new ArrayList<>();
        ListStore.Committed transaction = store.transaction(index);
        while (index < end && records.size() < maxRecords) {
            transaction = store.transaction(index);
            int to = Math.min(transaction.records().size(), record + maxRecords - records.size());
            records.addAll(transaction.records().subList(record, to));
            record = to == transaction.records().size() ? 0 : to;
            index = record == 0 ? index + 1 : index;
        }
        return new TransactionPart(id, transaction.at(), records, position(), index == end);
    }

    private Table target(TableId table) {
        return store.tables().stream()
                .map(CapturedTable::target)
                .filter(t -> t.id().equals(table))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows) {
        return chunk(table, cursor, maxRows, row -> true);
    }

    private SnapshotChunk chunk(TableId table, byte @Nullable [] cursor, int maxRows, Predicate<Object[]> wanted) {
        String after = cursor == null ? "" : new String(cursor, StandardCharsets.UTF_8);
        return store.chunk(target(table), after, maxRows, wanted);
    }

    @Override
    public SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows, String condition) {
        return chunk(table, cursor, maxRows, condition(table, condition));
    }

    @Override
    public void requireCondition(TableId table, String condition) {
        condition(table, condition);
    }

    /** The language of a list's conditions: {@code column >= number}; a NULL in it cannot be compared. */
    private Predicate<Object[]> condition(TableId table, String condition) {
        Matcher matcher = CONDITION.matcher(condition);
        int column = matcher.matches() ? target(table).indexOf(matcher.group(1)) : -1;
        if (column < 0) {
            throw notComparable("'" + condition + "' is no condition of " + table);
        }
        long least = Long.parseLong(matcher.group(2));
        return row -> {
            if (row[column] instanceof Long value) {
                return value >= least;
            }
            throw notComparable("a row of " + table + " cannot be compared");
        };
    }

    /** A list keeps the target's own values. */
    @Override
    public Notation notation(TableId table) {
        return (column, stored, value) ->
                Objects.deepEquals(stored, value) ? Notation.Answer.SAME : Notation.Answer.OTHER;
    }

    @Override
    public Optional<Counted> count(TableId table) {
        QueryRows all = store.all(target(table));
        return Optional.of(new Counted(all.position(), all.rows().size()));
    }

    /** The language of a list's queries: {@code SELECT}, all columns, {@code FROM} and the table. */
    @Override
    public QueryRows query(String sql, int maxRows) {
        for (CapturedTable table : store.tables()) {
            QueryRows all = store.all(table.target());
            String known = "SELECT " + String.join(", ", all.columns()) + " FROM " + table.sourceName();
            if (sql.equals(known) && all.rows().size() <= maxRows) {
                return all;
            }
        }
        throw notComparable("'" + sql + "' is no query, or gives more than " + maxRows + " rows");
    }

    private static SluiceException notComparable(String what) {
        return SluiceException.of(ErrorKind.CONFIGURATION, what);
    }

    @Override
    public KeyedRead read(TableId table, List<Object[]> keys) {
        return store.read(target(table), keys);
    }

    @Override
    public long estimateRows(TableId table) {
        return store.tables().stream()
                .map(CapturedTable::target)
                .filter(t -> t.id().equals(table))
                .mapToLong(t -> store.rows(t).size())
                .sum();
    }

    @Override
    public void committed(Position position) {
        store.forgetBefore(ByteBuffer.wrap(position.bytes(), 1, 4).getInt());
    }

    @Override
    public void close() {}
}
