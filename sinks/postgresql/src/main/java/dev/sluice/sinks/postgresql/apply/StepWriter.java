package dev.sluice.sinks.postgresql.apply;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Executes steps. Not thread-safe. */
final class StepWriter {
    private static final int MOST_TEXTS = 1_000;
    /** restrict_violation. */
    private static final String REFERRED = "23001";

    private final ArrayEncoder arrays;
    private final Map<Shape, String> texts = new HashMap<>();

    StepWriter(ArrayEncoder arrays) {
        this.arrays = arrays;
    }

    private record Shape(StepKind kind, BoundTable table, String columns) {}

    /** @return the number of rows that PostgreSQL wrote */
    int execute(Connection connection, Step step) throws SQLException {
        return update(connection, text(step), step);
    }

    /**
     * Deletes without letting PostgreSQL act on rows that still refer to a deleted one: such rows are alive in the source, and only a dead letter of theirs keeps the
     * target behind. Repeats while rows of one statement refer to each other.
     *
     * @throws SQLException with {@code restrict_violation} when rows are left because others refer to them
     */
    void deleteUnreferred(Connection connection, Step step, List<BoundTables.Referrer> referrers) throws SQLException {
        String delete = Statements.guardedDelete(step, referrers);
        int deleted = update(connection, delete, step);
        while (isLeft(connection, step)) {
            if (deleted == 0) {
                throw new SQLException(
                        "rows of " + step.table() + " cannot be deleted while rows refer to them", REFERRED);
            }
            deleted = update(connection, delete, step);
        }
    }

    private boolean isLeft(Connection connection, Step step) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(Statements.undeleted(step))) {
            bind(connection, query, step);
            try (ResultSet row = query.executeQuery()) {
                return row.next();
            }
        }
    }

    private int update(Connection connection, String sql, Step step) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(connection, statement, step);
            return statement.executeUpdate();
        }
    }

    private void bind(Connection connection, PreparedStatement statement, Step step) throws SQLException {
        if (step.kind() == StepKind.TRUNCATE) {
            statement.setLong(1, step.rows().get(0).sequence());
            return;
        }
        int parameter = 1;
        for (int index : step.columns()) {
            statement.setArray(
                    parameter++,
                    arrays.column(connection, step.table().column(index).type(), step.rows(), index));
        }
        statement.setArray(parameter, arrays.sequences(connection, step.rows()));
    }

    private String text(Step step) {
        if (texts.size() > MOST_TEXTS) {
            texts.clear();
        }
        return texts.computeIfAbsent(
                new Shape(step.kind(), step.table(), Arrays.toString(step.columns())), s -> Statements.of(step));
    }
}
