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
        return Statements.writesNothing(step) ? 0 : update(connection, text(step), step);
    }

    /**
     * Executes a step without letting PostgreSQL act on rows that refer to what it deletes or changes: such rows are alive in the source.
     *
     * @param referrers the foreign keys by which PostgreSQL would act
     * @return the number of rows that PostgreSQL wrote
     * @throws SQLException with {@code restrict_violation} when there are such rows; nothing is done then
     */
    int executeUnreferred(Connection connection, Step step, List<Referrer> referrers) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(ReferralQuery.of(step, referrers))) {
            bind(connection, query, step);
            try (ResultSet row = query.executeQuery()) {
                if (row.next()) {
                    throw new SQLException(
                            "rows of " + step.table()
                                    + " cannot be deleted or change their keys while rows refer to them",
                            REFERRED);
                }
            }
        }
        return execute(connection, step);
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
