package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.Layout.Collated;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The tables and triggers of a capture. The application's own SQLite library runs the triggers, so they use nothing that SQLite 3.8 does not know.
 *
 * <p>Log: {@code seq} (commit order; its newest row is never deleted, so numbers never repeat), {@code t} layout number, {@code op} ({@code i u d}, {@code p} for
 * a mark of {@code prepare}), {@code at} milliseconds since 1970 when the trigger ran, {@code nonce} random, {@code k…} old key, {@code c…} new row. The columns have
 * no type, so every value keeps its storage class.
 *
 * <p>{@code REPLACE} removes rows without telling any delete trigger (unless recursive_triggers is on). So where a unique constraint beside the key exists, a BEFORE
 * trigger notes the rows that hold the new row's values, and the AFTER trigger logs a delete for those that are gone. An ignored row or an upsert leaves
 * them where they are, and nothing is logged.
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
        return "CREATE TABLE " + Sql.name(names.replaced()) + " (t" + numbered(", k", keyWidth) + ")";
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
            put(
                    triggers,
                    layout,
                    Names.BEFORE_UPDATE,
                    "BEFORE UPDATE OF " + uniqueColumns(layout),
                    beforeWrite(layout, "OLD"));
        }
        put(triggers, layout, Names.INSERT, "AFTER INSERT", replaced(layout) + logRow(layout, "i", false, true));
        put(triggers, layout, Names.UPDATE, "AFTER UPDATE", replaced(layout) + logRow(layout, "u", true, true));
        String forget = layout.uniques().isEmpty()
                ? ""
                : "DELETE FROM " + Sql.name(names.replaced()) + " WHERE t = " + layout.number()
                        + layout.key().stream()
                                .map(key -> " AND k" + layout.key().indexOf(key) + " IS OLD." + Sql.name(key))
                                .collect(Collectors.joining())
                        + "; ";
        put(triggers, layout, Names.DELETE, "AFTER DELETE", forget + logRow(layout, "d", true, false));
        return triggers;
    }

    private void put(Map<String, String> triggers, Layout layout, String kind, String event, String body) {
        String name = names.trigger(layout.number(), kind);
        triggers.put(
                name,
                "CREATE TRIGGER " + Sql.name(name) + " " + event + " ON " + Sql.name(layout.table()) + " BEGIN " + body
                        + "END");
    }

    private String logRow(Layout layout, String op, boolean oldKey, boolean newRow) {
        StringBuilder columns = new StringBuilder();
        StringBuilder values = new StringBuilder();
        if (oldKey) {
            columns.append(numbered(", k", layout.key().size()));
            layout.key().forEach(key -> values.append(", OLD.").append(Sql.name(key)));
        }
        if (newRow) {
            columns.append(numbered(", c", layout.columns().size()));
            layout.columns().forEach(column -> values.append(", NEW.").append(Sql.name(column)));
        }
        return "INSERT INTO " + Sql.name(names.log()) + " (t, op, at, nonce" + columns + ") VALUES (" + layout.number()
                + ", '" + op + "', " + NOW + ", random()" + values + "); ";
    }

    /** Notes the rows that may be replaced; what an earlier row of this or another statement left there did not happen. */
    private String beforeWrite(Layout layout, String self) {
        StringBuilder body =
                new StringBuilder("DELETE FROM " + Sql.name(names.replaced()) + " WHERE t = " + layout.number() + "; ");
        for (List<Collated> unique : layout.uniques()) {
            List<String> conditions = new ArrayList<>();
            for (Collated column : unique) {
                String name = Sql.name(column.column());
                conditions.add(name + " = NEW." + name + " COLLATE " + Sql.name(column.collation()));
            }
            layout.key().forEach(key -> conditions.add(Sql.name(key) + " IS NOT NULL"));
            conditions.add(layout.key().stream()
                    .map(key -> Sql.name(key) + " IS NOT " + self + "." + Sql.name(key) + " COLLATE BINARY")
                    .collect(Collectors.joining(" OR ", "(", ")")));
            body.append("INSERT INTO ").append(Sql.name(names.replaced())).append(" (t");
            body.append(numbered(", k", layout.key().size()))
                    .append(") SELECT ")
                    .append(layout.number());
            layout.key().forEach(key -> body.append(", ").append(Sql.name(key)));
            body.append(" FROM ").append(Sql.name(layout.table())).append(" WHERE ");
            body.append(String.join(" AND ", conditions)).append("; ");
        }
        return body.toString();
    }

    /** Logs a delete of the noted rows that are gone. The first comparison can use the key's index, the second is exact. */
    private String replaced(Layout layout) {
        if (layout.uniques().isEmpty()) {
            return "";
        }
        int width = layout.key().size();
        String same = IntStream.range(0, width)
                .mapToObj(i -> {
                    String name = Sql.name(layout.key().get(i));
                    return name + " = r.k" + i + " AND " + name + " = r.k" + i + " COLLATE BINARY";
                })
                .collect(Collectors.joining(" AND "));
        return "INSERT INTO " + Sql.name(names.log()) + " (t, op, at, nonce" + numbered(", k", width) + ") SELECT "
                + layout.number() + ", 'd', " + NOW + ", random()" + numbered(", r.k", width) + " FROM "
                + Sql.name(names.replaced()) + " AS r WHERE r.t = " + layout.number()
                + " AND NOT EXISTS (SELECT 1 FROM "
                + Sql.name(layout.table()) + " WHERE " + same + "); DELETE FROM " + Sql.name(names.replaced())
                + " WHERE t = " + layout.number() + "; ";
    }

    private static String uniqueColumns(Layout layout) {
        return Sql.names(layout.uniques().stream()
                .flatMap(List::stream)
                .map(Collated::column)
                .distinct()
                .toList());
    }

    private static String numbered(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).collect(Collectors.joining());
    }
}
