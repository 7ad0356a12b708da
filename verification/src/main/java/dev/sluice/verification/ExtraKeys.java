package dev.sluice.verification;

import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.KeyedRead;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the rows of a target table whose keys its source does not hold, while both move: the target's keys are read in their order, page by page, and the source is asked
 * for each page. A key that is found is one that the source did not hold a moment ago; whether the row may leave is for the producer to settle, in order with its
 * changes. Writes to neither side. Memory is bounded by the page. Used by one thread.
 */
public final class ExtraKeys {
    private static final int PAGE = ChangeSource.MAX_KEYS;

    private final ChangeSource source;
    private final Table table;
    private final TargetSql sql;
    private final List<Column> key;
    private final String only;
    private String @Nullable [] last;
    private boolean ended;
    private long seen;

    private ExtraKeys(ChangeSource source, Table table, String only) {
        this.only = only;
        this.source = source;
        this.table = table;
        this.sql = new TargetSql(table);
        this.key = Keys.columns(table);
    }

    /**
     * Why a table's extra rows cannot be looked for by key; empty when they can. Of some types the target spells values in its own way, and a source that is asked for such a
     * spelling would not find a row that is there.
     */
    public static Optional<String> obstacle(ChangeSource source, Table table) {
        if (!source.capabilities().keyedRead()) {
            return Optional.of("a source of kind " + source.connector() + " cannot read by key");
        }
        return Keys.columns(table).stream()
                .filter(column -> !isSpeltAlike(column))
                .findFirst()
                .map(column -> "the target may spell key column " + column.name() + " (" + column.nativeType()
                        + ") in another way than the source");
    }

    /** Whether a key that the target gives is spelt as the source may spell it. */
    static boolean areSpeltAlike(List<Column> key) {
        return key.stream().allMatch(ExtraKeys::isSpeltAlike);
    }

    private static boolean isSpeltAlike(Column column) {
        return switch (column.type()) {
            case TEXT ->
                column.nativeType().equals("text") || column.nativeType().startsWith("character varying");
            case NATIVE, JSON -> false;
            default -> true;
        };
    }

    /**
     * @param source opened; only {@code read} is used
     * @param table without an {@link #obstacle}
     */
    public static ExtraKeys of(ChangeSource source, Table table) {
        return new ExtraKeys(source, table, "");
    }

    /** As {@link #of}, among the rows that Sluice has written: those that carry a sequence. The table must have the column for it. */
    public static ExtraKeys ofRowsWritten(ChangeSource source, Table table) {
        return new ExtraKeys(source, table, TargetSql.WRITTEN_BY_SLUICE);
    }

    /** Whether every key has been looked at. */
    public boolean isAtEnd() {
        return ended;
    }

    /** How many keys of the target have been looked at. */
    public long seen() {
        return seen;
    }

    /**
     * Looks at the next page; the keys among it that the source does not hold, as in {@link dev.sluice.schemas.event.Change#key()}.
     *
     * @param target in auto-commit mode; another one each time is as good. After a failure the page can be looked at again
     */
    public List<@Nullable Object[]> next(Connection target) throws SQLException {
        try (Statement session = target.createStatement()) {
            // Rather an error than rows that a policy hides.
            session.execute("SET row_security = off");
        }
        List<@Nullable Object[]> page = new ArrayList<>();
        String[] behind = TargetTable.keys(target, sql, key, only, last, PAGE, page);
        List<@Nullable Object[]> absent = absent(page);
        last = behind;
        ended = page.size() < PAGE;
        seen += page.size();
        return absent;
    }

    /** How many of these keys the target still holds. */
    public long count(Connection target, List<@Nullable Object[]> keys) throws SQLException {
        return TargetTable.count(target, sql, key, keys);
    }

    private List<@Nullable Object[]> absent(List<@Nullable Object[]> keys) {
        List<@Nullable Object[]> absent = new ArrayList<>();
        for (int from = 0; from < keys.size(); ) {
            KeyedRead read = source.read(table.id(), keys.subList(from, keys.size()));
            for (SourceRecord found : read.records()) {
                if (found instanceof SourceRecord.Row row && row.op() == Op.DELETE) {
                    absent.add(SourceReader.key(table, row));
                }
            }
            from += read.answered();
        }
        return absent;
    }
}
