package dev.sluice.verification;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The statements that compare one table. Times are computed by PostgreSQL from its own values, not by the driver's conversions. */
final class TargetSql {
    /** Rows that Sluice has written; where its column is missing this is an error. */
    static final String WRITTEN_BY_SLUICE = "t.\"_sluice_seq\" IS NOT NULL";

    static final String DROP_SOURCE_KEYS = "DROP TABLE IF EXISTS pg_temp.sluice_source_keys";
    static final String ANALYZE_SOURCE_KEYS = "ANALYZE pg_temp.sluice_source_keys";

    private static final String SOURCE_KEYS = "pg_temp.sluice_source_keys";
    private static final Pattern MODIFIER = Pattern.compile("\\([0-9, -]+\\)");

    private final Table table;
    private final List<Column> key = new ArrayList<>();

    TargetSql(Table table) {
        this.table = table;
        for (String name : table.primaryKey()) {
            key.add(table.column(name).orElseThrow());
        }
    }

    String createSourceKeys() {
        return "CREATE TEMP TABLE sluice_source_keys (" + keyList(i -> "k" + i + " " + keyType(i)) + ")";
    }

    /** One text array per key column; notes the keys and gives (ordinal from 1, columns …) of the rows found. */
    String lookUp() {
        return "WITH k AS MATERIALIZED (SELECT * FROM unnest(" + keyList(i -> "?::text[]::" + keyType(i) + "[]")
                + ") WITH ORDINALITY AS u(" + keyList(i -> "k" + i) + ", n)), noted AS (INSERT INTO " + SOURCE_KEYS
                + " SELECT " + keyList(i -> "k" + i) + " FROM k) SELECT k.n, " + columns() + " FROM k JOIN " + name()
                + " t ON " + joined("k");
    }

    /** The rows whose keys the source does not have: (0, columns …). */
    String extras() {
        return "SELECT 0, " + columns() + " FROM " + name() + " t WHERE NOT EXISTS (SELECT FROM " + SOURCE_KEYS
                + " s WHERE " + joined("s") + ")";
    }

    /** The keys that several rows of the source share: (rows, key columns …). */
    String collisions() {
        return "SELECT count(*), " + keyList(i -> read("k" + i, key.get(i))) + " FROM " + SOURCE_KEYS + " GROUP BY "
                + keyList(i -> "k" + i) + " HAVING count(*) > 1";
    }

    /**
     * Keys in their order, the values twice: to be read, and as text, to go on behind.
     *
     * @param behind whether there is a key to begin behind: a text for each of its columns
     * @param only a condition about the rows, {@code t}; empty for all
     */
    String keys(boolean behind, String only) {
        String after = "(" + keyList(i -> "t." + quote(key.get(i).name())) + ") > ("
                + keyList(i -> "?::text::" + keyType(i)) + ")";
        String where = Stream.of(behind ? after : "", only)
                .filter(condition -> !condition.isEmpty())
                .collect(Collectors.joining(" AND "));
        return "SELECT " + keyList(i -> read("t." + quote(key.get(i).name()), key.get(i))) + ", "
                + keyList(i -> "t." + quote(key.get(i).name()) + "::text") + " FROM " + name() + " t"
                + (where.isEmpty() ? "" : " WHERE " + where) + " ORDER BY "
                + keyList(i -> "t." + quote(key.get(i).name())) + " LIMIT ?";
    }

    /** One text array per key column. */
    String countOf() {
        return "SELECT count(*) FROM unnest(" + keyList(i -> "?::text[]::" + keyType(i) + "[]") + ") AS k("
                + keyList(i -> "k" + i) + ") JOIN " + name() + " t ON " + joined("k");
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
            case DATE -> finite(value, value + " - DATE '1970-01-01'", Integer.MAX_VALUE, Integer.MIN_VALUE);
            case TIME -> micros(value);
            case TIMESTAMP, TIMESTAMPTZ -> finite(value, micros(value), Long.MAX_VALUE, Long.MIN_VALUE);
        };
    }

    private static String micros(String value) {
        return "(extract(epoch FROM " + value + ") * 1000000)::bigint";
    }

    private static String finite(String value, String read, long largest, long smallest) {
        return "CASE WHEN isfinite(" + value + ") THEN " + read + " WHEN " + value + " > '2000-01-01' THEN '" + largest
                + "' WHEN " + value + " < '2000-01-01' THEN '" + smallest + "' END";
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
                .mapToObj(i -> keys + ".k" + i + " = t." + quote(key.get(i).name()))
                .collect(Collectors.joining(" AND "));
    }

    private String keyList(IntFunction<String> part) {
        return IntStream.range(0, key.size()).mapToObj(part).collect(Collectors.joining(", "));
    }
}
