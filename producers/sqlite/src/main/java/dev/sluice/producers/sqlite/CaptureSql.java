package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.Layout.Collated;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The tables and triggers of a capture. The application's own SQLite library runs the triggers, so they use nothing that SQLite 3.8 does not know.
 *
 * <p>Log: {@code seq} (commit order; its newest row is never deleted, so numbers never repeat), {@code t} layout number, {@code op} ({@code i u d}, {@code p} for
 * a mark of {@code prepare}), {@code at} milliseconds since 1970 when the trigger ran, {@code nonce} random, {@code k…} old key, {@code c…} new row. The columns have
 * no type, so every value keeps its storage class.
 *
 * <p>An application's own trigger may write the same row again, before or after these triggers: SQLite fires the newest first, and says nowhere that it does. So what is
 * logged is the row as it stands when the trigger runs, not {@code NEW}, and a delete only where no row has the key any more. Whichever runs last logs the last
 * state, so no order of triggers, known or not, can leave an older one behind. Watching for newer triggers instead would come after the fact, and would never see
 * TEMP triggers. Only a table that hides its rowid under columns of its own is logged as {@code NEW}.
 *
 * <p>{@code REPLACE} removes rows without telling any delete trigger (unless recursive_triggers is on). So where a unique constraint beside the key exists, a BEFORE
 * trigger notes the rows that hold the new row's values, and the next trigger of a write with these values logs a delete for those that are gone. A note stays as long
 * as its row: triggers cannot tell whether the write that noted it was ignored, or is still to come while a trigger of the application writes amid it. A note
 * left over does no harm, since nothing is logged while the key is there; {@link LogTrimmer} clears them.
 * Not seen is a row that a trigger of the application brings into the way, or gives another key, between its note and the {@code REPLACE} that removes it.
 */
final class CaptureSql {
    private static final String NOW = "CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER)";

    private final Names names;

    CaptureSql(Names names) {
        this.names = names;
    }

    String createLog(int keyWidth, int rowWidth) {
        return "CREATE TABLE " + Sql.name(names.log()) + " (seq INTEGER PRIMARY KEY, t, op, at, nonce"
                + numbered(", k", keyWidth) + numbered(", c", rowWidth) + ")";
    }

    String createReplaced(int keyWidth) {
        return "CREATE TABLE " + Sql.name(names.replaced()) + " (t, w" + numbered(", k", keyWidth) + ")";
    }

    /** Many notes may be left over from ignored rows; a write looks only at those of its own values. */
    String indexReplaced() {
        return "CREATE INDEX " + Sql.name(names.replacedIndex()) + " ON " + Sql.name(names.replaced()) + " (t, w)";
    }

    String createMeta() {
        return "CREATE TABLE " + Sql.name(names.meta()) + " (item TEXT PRIMARY KEY, value TEXT NOT NULL)";
    }

    String addColumn(String table, String column) {
        return "ALTER TABLE " + Sql.name(table) + " ADD COLUMN " + column;
    }

    String putMeta(String item, String value) {
        return "INSERT OR REPLACE INTO " + Sql.name(names.meta()) + " (item, value) VALUES (" + Sql.literal(item) + ", "
                + Sql.literal(value) + ")";
    }

    /** The log is never empty, so that a place in it can always be recognised. */
    String mark() {
        return "INSERT INTO " + Sql.name(names.log()) + " (op, at, nonce) VALUES ('p', " + NOW + ", random())";
    }

    /** By trigger name. */
    Map<String, String> triggers(Layout layout) {
        Map<String, String> triggers = new LinkedHashMap<>();
        if (!layout.uniques().isEmpty()) {
            put(triggers, layout, Names.BEFORE_INSERT, "BEFORE INSERT", beforeWrite(layout, "NEW"));
            // Without a list of columns: a generated column is in none, and neither is the key under the name rowid.
            put(triggers, layout, Names.BEFORE_UPDATE, "BEFORE UPDATE", beforeWrite(layout, "OLD"));
        }
        put(triggers, layout, Names.INSERT, "AFTER INSERT", replaced(layout) + logRow(layout, "i", false));
        put(
                triggers,
                layout,
                Names.UPDATE,
                "AFTER UPDATE",
                replaced(layout) + logVanished(layout) + logRow(layout, "u", true));
        String forget = layout.uniques().isEmpty()
                ? ""
                : "DELETE FROM " + Sql.name(names.replaced()) + notesOf(layout, "OLD", Sql.name(names.replaced()))
                        + IntStream.range(0, layout.key().size())
                                .mapToObj(i -> " AND k" + i + " IS OLD."
                                        + Sql.name(layout.key().get(i)))
                                .collect(Collectors.joining())
                        + "; ";
        put(triggers, layout, Names.DELETE, "AFTER DELETE", forget + logDelete(layout, " WHERE " + withoutKey(layout)));
        return triggers;
    }

    private void put(Map<String, String> triggers, Layout layout, String kind, String event, String body) {
        String name = names.trigger(layout.number(), kind);
        triggers.put(
                name,
                "CREATE TRIGGER " + Sql.name(name) + " " + event + " ON " + Sql.name(layout.table()) + " BEGIN " + body
                        + "END");
    }

    /** The row as it stands now. */
    private String logRow(Layout layout, String op, boolean withOldKey) {
        boolean found = !layout.row().isEmpty();
        StringBuilder values = new StringBuilder();
        if (withOldKey) {
            layout.key().forEach(key -> values.append(", ").append(oldKey(layout, key)));
        }
        String row = found ? ", n." : ", NEW.";
        layout.columns().forEach(column -> values.append(row).append(Sql.name(column)));
        return logInto(layout, op, withOldKey, true) + values + (found ? " FROM " + presentRow(layout) : "") + "; ";
    }

    /** Where another row has taken the old key, only the new one is told: its row is logged by its own trigger. */
    private static String oldKey(Layout layout, String key) {
        String old = "OLD." + Sql.name(key);
        return layout.keyIndex().isEmpty()
                ? old
                : "CASE WHEN EXISTS (" + rowOfOldKey(layout) + ") THEN NEW." + Sql.name(key) + " ELSE " + old + " END";
    }

    /** A row that another trigger has already deleted, or given another key, which was logged then, leaves its old key. */
    private String logVanished(Layout layout) {
        if (layout.row().isEmpty()) {
            return "";
        }
        String gone = " WHERE NOT EXISTS (SELECT 1 FROM " + presentRow(layout) + ")";
        return logDelete(layout, gone + " AND " + withoutKey(layout));
    }

    private String logDelete(Layout layout, String condition) {
        String old = layout.key().stream().map(key -> ", OLD." + Sql.name(key)).collect(Collectors.joining());
        return logInto(layout, "d", true, false) + old + condition + "; ";
    }

    private String logInto(Layout layout, String op, boolean key, boolean row) {
        return "INSERT INTO " + Sql.name(names.log()) + " (t, op, at, nonce"
                + (key ? numbered(", k", layout.key().size()) : "")
                + (row ? numbered(", c", layout.columns().size()) : "") + ") SELECT " + layout.number() + ", '" + op
                + "', " + NOW + ", random()";
    }

    private static String presentRow(Layout layout) {
        return Sql.name(layout.table()) + " AS n WHERE "
                + layout.row().stream()
                        .map(column -> same("n", column, "NEW." + Sql.name(column.column())))
                        .collect(Collectors.joining(" AND "));
    }

    /** Without an index this would read the whole table for each delete. */
    private static String withoutKey(Layout layout) {
        return layout.keyIndex().isEmpty() ? "1" : "NOT EXISTS (" + rowOfOldKey(layout) + ")";
    }

    private static String rowOfOldKey(Layout layout) {
        return rowOfKey(layout, i -> "OLD." + Sql.name(layout.key().get(i)));
    }

    /** A key is another one when it has another case or storage class: the target tells them apart. */
    private static String rowOfKey(Layout layout, IntFunction<String> values) {
        return "SELECT 1 FROM " + Sql.name(layout.table()) + " AS e WHERE "
                + IntStream.range(0, layout.key().size())
                        .mapToObj(i -> {
                            String key = layout.key().get(i);
                            Collated column = layout.keyIndex().stream()
                                    .filter(indexed -> indexed.column().equals(key))
                                    .findFirst()
                                    .orElse(new Collated(key, ""));
                            String name = "e." + Sql.name(key);
                            String value = values.apply(i);
                            return same("e", column, value) + " AND " + name + " = " + value
                                    + " COLLATE BINARY AND typeof(" + name + ") = typeof(" + value + ")";
                        })
                        .collect(Collectors.joining(" AND "));
    }

    /** In the notation that an index on the column can answer. */
    private static String same(String alias, Collated column, String value) {
        String collation = column.collation().isEmpty() ? "" : " COLLATE " + Sql.name(column.collation());
        return alias + "." + Sql.name(column.column()) + " = " + value + collation;
    }

    /** Notes the rows that may be replaced, each once. No {@code OR IGNORE}: the application's own {@code OR} would take its place. */
    private String beforeWrite(Layout layout, String self) {
        StringBuilder body = new StringBuilder(replaced(layout));
        for (int unique = 0; unique < layout.uniques().size(); unique++) {
            String write = write(layout, unique, "NEW");
            body.append("INSERT INTO ").append(Sql.name(names.replaced())).append(" (t, w");
            body.append(numbered(", k", layout.key().size())).append(") SELECT ");
            body.append(layout.number()).append(", ").append(write);
            layout.key().forEach(key -> body.append(", e.").append(Sql.name(key)));
            body.append(" FROM ").append(Sql.name(layout.table())).append(" AS e WHERE ");
            body.append(inTheWay(layout, layout.uniques().get(unique), self));
            body.append(" AND NOT EXISTS (SELECT 1 FROM ").append(Sql.name(names.replaced()));
            body.append(" AS r WHERE r.t = ").append(layout.number()).append(" AND r.w = ");
            body.append(write);
            for (int i = 0; i < layout.key().size(); i++) {
                body.append(" AND r.k").append(i).append(" IS e.");
                body.append(Sql.name(layout.key().get(i)));
            }
            body.append("); ");
        }
        return body.toString();
    }

    private static String inTheWay(Layout layout, List<Collated> unique, String self) {
        List<String> conditions = new ArrayList<>();
        for (Collated column : unique) {
            String name = Sql.name(column.column());
            conditions.add("e." + name + " = NEW." + name + " COLLATE " + Sql.name(column.collation()));
        }
        layout.key().forEach(key -> conditions.add("e." + Sql.name(key) + " IS NOT NULL"));
        conditions.add(layout.key().stream()
                .map(key -> "e." + Sql.name(key) + " IS NOT " + self + "." + Sql.name(key) + " COLLATE BINARY")
                .collect(Collectors.joining(" OR ", "(", ")")));
        return String.join(" AND ", conditions);
    }

    /** By what a write finds its notes again: the values it puts under a unique constraint. */
    private static String write(Layout layout, int unique, String row) {
        return layout.uniques().get(unique).stream()
                .map(column -> "quote(" + row + "." + Sql.name(column.column()) + ")")
                .collect(Collectors.joining(" || ' ' || ", "'" + unique + " ' || ", ""));
    }

    private static String notesOf(Layout layout, String row, String notes) {
        return IntStream.range(0, layout.uniques().size())
                .mapToObj(unique -> write(layout, unique, row))
                .collect(Collectors.joining(
                        ", ", " WHERE " + notes + ".t = " + layout.number() + " AND " + notes + ".w IN (", ")"));
    }

    /** Logs a delete of the noted rows that are gone, and forgets these. */
    private String replaced(Layout layout) {
        if (layout.uniques().isEmpty()) {
            return "";
        }
        String table = Sql.name(names.replaced());
        return logInto(layout, "d", true, false)
                + numbered(", r.k", layout.key().size()) + " FROM " + table + " AS r" + gone(layout, "r")
                + "; DELETE FROM " + table + gone(layout, table) + "; ";
    }

    private static String gone(Layout layout, String notes) {
        return notesOf(layout, "NEW", notes) + " AND NOT EXISTS (" + rowOfKey(layout, i -> notes + ".k" + i) + ")";
    }

    private static String numbered(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).collect(Collectors.joining());
    }
}
