package dev.sluice.sinks.postgresql;

import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** What a test asks the target itself. */
public final class TestSql {
    private TestSql() {}

    public static void run(TargetDatabase database, String sql) {
        database.withConnectionDo(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        });
    }

    /** The first column as text. */
    public static List<String> rows(TargetDatabase database, String sql) {
        return database.withConnection(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery(sql)) {
                List<String> rows = new ArrayList<>();
                while (result.next()) {
                    rows.add(String.valueOf(result.getString(1)));
                }
                return rows;
            }
        });
    }
}
