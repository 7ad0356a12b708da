package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.SourceCounter;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What {@code sqlite_sequence} says: the greatest rowid that an AUTOINCREMENT table ever had. The table is made with the first AUTOINCREMENT table, and a row with the first row of each;
 * the application may write to it, so what is no integer is left out.
 */
final class Counters {
    private Counters() {}

    static List<SourceCounter> read(Session session) throws SQLException {
        Long kept =
                session.number("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'sqlite_sequence'");
        if (kept == null || kept == 0) {
            return List.of();
        }
        Map<String, TableInfo> tables = Introspection.read(session).tables();
        List<SourceCounter> counters = new ArrayList<>();
        try (ResultSet rows = session.query(
                "SELECT name, max(seq) FROM sqlite_sequence WHERE typeof(seq) = 'integer' GROUP BY name ORDER BY name")) {
            while (rows.next()) {
                TableInfo table = tables.get(rows.getString(1));
                if (table != null && table.rowidKey()) {
                    counters.add(
                            new SourceCounter(table.name(), table.primaryKey().get(0), rows.getLong(2)));
                }
            }
        }
        return counters;
    }
}
