package dev.sluice.verification;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The statements that compare one table. Dates and times come as PostgreSQL holds them, bytes of {@code …_send}: neither the driver's conversions nor a session's zone have a say, and nothing is cheaper. */
final class TargetSql {
    /** Rows that Sluice has written; where its column is missing this is an error. */
    static final String WRITTEN_BY_SLUICE = "t.\"_sluice_seq\" IS NOT NULL";

    /** Of a row that is not guarded, or that Sluice never wrote. */
    static final long NO_SEQUENCE = 0;

    private static final String SEQUENCE = "\"_sluice_seq\"";
    private static final Pattern MODIFIER = Pattern.compile("\\([0-9, -]+\\)");

    private final Table table;
    private final boolean guarded;
    private final List<Column> key;

    TargetSql(Table table) {
        this(table, false);
    }

    /** @param guarded whether the table's rows carry their sequence */
    TargetSql(Table table, boolean guarded) {
        this.table = table;
        this.guarded = guarded;
        this.key = Keys.columns(table);
    }

    /** Names and collations of the table's columns; collations quoted, with their schema, null for those without one. */
    static final String COLLATIONS = """
            SELECT a.attname, CASE WHEN a.attcollation <> 0 THEN a.attcollation::regcollation::text END FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = to_regclass(format('%I.%I', ?, ?)) AND a.attnum > 0 AND NOT a.attisdropped""";

    /**
     * @param keys a quoted name, with its schema
     * @param collations by column; an index is of use only under the collation of what it is compared with
     */
    String createKeys(String keys, Map<String, String> collations) {
        return "CREATE UNLOGGED TABLE " + keys + " ("
                + keyList(i -> "k" + i + " " + keyType(i)
                        + collation(collations.get(key.get(i).name())))
                + ", PRIMARY KEY ("
                + keyList(i -> "k" + i) + "))";
    }

    private static String collation(@Nullable String name) {
        return name == null ? "" : " COLLATE " + name;
    }

    /** One text array per key column; (ordinal from 1, sequence, columns …) of the rows found. */
    String lookUp() {
        return "SELECT k.n, " + sequence() + ", " + columns() + " FROM " + asked() + " JOIN " + name() + " t ON "
                + joined("k");
    }

    /** One text array per key column; those that came by before are left alone. */
    String note(String keys) {
        return "INSERT INTO " + keys + " SELECT " + keyList(i -> "k" + i) + " FROM " + asked()
                + " ON CONFLICT DO NOTHING";
    }

    /** One text array per key column; (ordinal from 1, whether it was noted before this transaction) of keys that were, or that stand in it twice. */
    String twins(String keys) {
        return "SELECT k.n, s.xmin <> pg_current_xact_id()::xid FROM (SELECT *, count(*) OVER (PARTITION BY "
                + keyList(i -> "k" + i) + ") AS twins FROM "
                + asked() + ") k JOIN " + keys + " s ON "
                + IntStream.range(0, key.size())
                        .mapToObj(i -> "s.k" + i + " = k.k" + i)
                        .collect(Collectors.joining(" AND "))
                + " WHERE k.twins > 1 OR s.xmin <> pg_current_xact_id()::xid";
    }

    /** The key, as text, behind so many others; none when there are not that many. */
    String pageEnd(boolean behind) {
        return "SELECT " + keyList(this::text) + " FROM " + name() + " t" + (behind ? " WHERE " + range(">") : "")
                + " ORDER BY " + keyList(this::column) + " OFFSET ? LIMIT 1";
    }

    /** Rows of a range of keys that did not come by: (sequence, columns …). */
    String extras(String keys, boolean behind, boolean upTo) {
        String where = Stream.of(
                        behind ? range(">") : "",
                        upTo ? range("<=") : "",
                        "NOT EXISTS (SELECT FROM " + keys + " s WHERE " + joined("s") + ")")
                .filter(condition -> !condition.isEmpty())
                .collect(Collectors.joining(" AND "));
        return "SELECT " + sequence() + ", " + columns() + " FROM " + name() + " t WHERE " + where;
    }

    /** (sequence, columns …) of a row that was kept as text, under a key of {@code sluice.compared}: one row, of NULL where it was absent. */
    String kept() {
        return "SELECT c.key, c.row IS NOT NULL, c.explained, " + sequence() + ", " + columns()
                + " FROM sluice.compared c LEFT JOIN LATERAL (SELECT (c.row::" + name()
                + ").* WHERE c.row IS NOT NULL) t ON true WHERE c.pipeline = ? AND c.signal = ?";
    }

    private String asked() {
        return "unnest(" + keyList(i -> "?::text[]::" + keyType(i) + "[]") + ") WITH ORDINALITY AS k("
                + keyList(i -> "k" + i) + ", n)";
    }

    private String sequence() {
        return guarded ? "coalesce(t." + SEQUENCE + ", " + NO_SEQUENCE + ")" : NO_SEQUENCE + "::bigint";
    }

    /** One text per key column. */
    private String range(String operator) {
        return "(" + keyList(this::column) + ") " + operator + " (" + keyList(i -> "?::text::" + keyType(i)) + ")";
    }

    private String column(int i) {
        return "t." + quote(key.get(i).name());
    }

    private String text(int i) {
        return column(i) + "::text";
    }

    /**
     * Keys in their order, the values twice: to be read, and as text, to go on behind.
     *
     * @param behind whether there is a key to begin behind: a text for each of its columns
     * @param only a condition about the rows, {@code t}; empty for all
     */
    String keys(boolean behind, String only) {
        String where = Stream.of(behind ? range(">") : "", only)
                .filter(condition -> !condition.isEmpty())
                .collect(Collectors.joining(" AND "));
        return "SELECT " + keyList(i -> read(column(i), key.get(i))) + ", "
                + keyList(this::text) + " FROM " + name() + " t"
                + (where.isEmpty() ? "" : " WHERE " + where) + " ORDER BY "
                + keyList(this::column) + " LIMIT ?";
    }

    /** One text array per key column. */
    String countOf() {
        return "SELECT count(*) FROM " + asked() + " JOIN " + name() + " t ON " + joined("k");
    }

    String count() {
        return "SELECT count(*) FROM " + name();
    }

    /** Values of a {@code NATIVE} column as PostgreSQL itself spells them, in the order of the one text array. */
    static String respell(Column column) {
        return "SELECT v::" + column.nativeType()
                + "::text FROM unnest(?::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n";
    }

    private String name() {
        return quote(table.id().schema()) + "." + quote(table.id().name());
    }

    private static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    private String columns() {
        return table.columns().stream()
                .map(column -> read("t." + quote(column.name()), column))
                .collect(Collectors.joining(", "));
    }

    private static String read(String value, Column column) {
        return switch (column.type()) {
            case BOOLEAN, INT16, INT32, INT64, FLOAT32, FLOAT64, TEXT, BYTES, UUID -> value;
            case DECIMAL, JSON, NATIVE -> value + "::text";
            case DATE -> "date_send(" + value + ")";
            case TIME -> "time_send(" + value + ")";
            case TIMESTAMP -> "timestamp_send(" + value + ")";
            case TIMESTAMPTZ -> "timestamptz_send(" + value + ")";
        };
    }

    /** Without length or scale: a cast to {@code varchar(3)} would cut a longer key and find a stranger's row. */
    private String keyType(int i) {
        String type = key.get(i).nativeType();
        if (type.startsWith("bit(")) {
            return type;
        }
        return type.startsWith("character(") ? "bpchar" : MODIFIER.matcher(type).replaceAll("");
    }

    private String joined(String keys) {
        return IntStream.range(0, key.size())
                .mapToObj(i -> keys + ".k" + i + " = " + column(i))
                .collect(Collectors.joining(" AND "));
    }

    private String keyList(IntFunction<String> part) {
        return IntStream.range(0, key.size()).mapToObj(part).collect(Collectors.joining(", "));
    }
}
