package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.SourceCounter;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How far SQLite has counted rowids that are primary keys: the greatest that is there, and of an AUTOINCREMENT table, by {@code sqlite_sequence}, the greatest that ever was. That table is made with the
 * first AUTOINCREMENT table, and the application may write to it, so what is no integer there is left out.
 */
final class Counters {
    private Counters() {}

    /** By table; those that never had a row are left out. */
    static List<SourceCounter> read(Session session) throws SQLException {
        Map<String, Long> counted = counted(session);
        List<SourceCounter> counters = new ArrayList<>();
        for (TableInfo table : Introspection.read(session).tables().values()) {
            if (table.rowidKey()) {
                String key = table.primaryKey().get(0);
                Long last = counted.get(table.name());
                Long there = session.number("SELECT max(" + Sql.name(key) + ") FROM " + Sql.name(table.name()));
                if (last == null || (there != null && there > last)) {
                    last = there;
                }
                if (last != null) {
                    counters.add(new SourceCounter(table.name(), key, last));
                }
            }
        }
        return counters;
    }

    private static Map<String, Long> counted(Session session) throws SQLException {
        Long kept =
                session.number("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'sqlite_sequence'");
        Map<String, Long> counted = new HashMap<>();
        if (kept != null && kept > 0) {
            try (ResultSet rows = session.query(
                    "SELECT name, max(seq) FROM sqlite_sequence WHERE typeof(seq) = 'integer' GROUP BY name")) {
                while (rows.next()) {
                    counted.put(rows.getString(1), rows.getLong(2));
                }
            }
        }
        return counted;
    }
}
