package dev.sluice.sinks.postgresql.apply;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Executes steps. Not thread-safe. */
final class StepWriter {
    private static final int MOST_TEXTS = 1_000;

    private final ArrayEncoder arrays;
    private final Map<Shape, String> texts = new HashMap<>();

    StepWriter(ArrayEncoder arrays) {
        this.arrays = arrays;
    }

    private record Shape(StepKind kind, BoundTable table, String columns) {}

    /** @return the number of rows that PostgreSQL wrote */
    int execute(Connection connection, Step step) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(text(step))) {
            if (step.kind() == StepKind.TRUNCATE) {
                statement.setLong(1, step.rows().get(0).sequence());
                return statement.executeUpdate();
            }
            int parameter = 1;
            for (int index : step.columns()) {
                statement.setArray(
                        parameter++,
                        arrays.column(connection, step.table().column(index).type(), step.rows(), index));
            }
            statement.setArray(parameter, arrays.sequences(connection, step.rows()));
            return statement.executeUpdate();
        }
    }

    private String text(Step step) {
        if (texts.size() > MOST_TEXTS) {
            texts.clear();
        }
        return texts.computeIfAbsent(
                new Shape(step.kind(), step.table(), Arrays.toString(step.columns())), s -> Statements.of(step));
    }
}
