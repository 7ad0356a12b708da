package dev.sluice.sinks.postgresql.control;

import dev.sluice.sinks.postgresql.database.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Statements that are shown by a dry run and otherwise executed, in order. Parameters are texts; a statement casts what is not one. */
final class Script {
    private final List<Step> steps = new ArrayList<>();

    private record Step(String sql, List<String> values) {
        private void execute(Connection connection) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < values.size(); i++) {
                    statement.setString(i + 1, values.get(i));
                }
                statement.execute();
            }
        }

        private String shown() {
            StringBuilder text = new StringBuilder();
            int next = 0;
            for (int i = 0; i < sql.length(); i++) {
                char c = sql.charAt(i);
                if (c == '?' && next < values.size()) {
                    text.append(Sql.literal(values.get(next)));
                    next++;
                } else {
                    text.append(c);
                }
            }
            return text.toString();
        }
    }

    void add(String sql, String... values) {
        steps.add(new Step(sql, List.of(values)));
    }

    void run(Connection connection) throws SQLException {
        for (Step step : steps) {
            step.execute(connection);
        }
    }

    List<String> shown() {
        return steps.stream().map(Step::shown).toList();
    }
}
