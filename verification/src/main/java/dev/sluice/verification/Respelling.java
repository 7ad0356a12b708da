package dev.sluice.verification;

import dev.sluice.producers.api.SourceRecord;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** PostgreSQL has several spellings for one value of many types; the one it prints is the one to compare. */
final class Respelling {
    private Respelling() {}

    /** Copies of the rows in PostgreSQL's own spelling; records that are no rows stay as they are. */
    static List<SourceRecord> of(Connection connection, Table table, List<SourceRecord> records) throws SQLException {
        List<SourceRecord> respelled = records;
        for (int i = 0; i < table.columns().size(); i++) {
            if (table.columns().get(i).type() == LogicalType.NATIVE && !records.isEmpty()) {
                respelled = of(connection, table.columns().get(i), i, respelled);
            }
        }
        return respelled;
    }

    private static List<SourceRecord> of(Connection connection, Column column, int index, List<SourceRecord> records)
            throws SQLException {
        List<@Nullable String> spelled = new ArrayList<>();
        for (SourceRecord record : records) {
            spelled.add(
                    record instanceof SourceRecord.Row row && row.after() != null ? (String) row.after()[index] : null);
        }
        List<@Nullable String> printed = respell(connection, column, spelled);
        List<SourceRecord> respelled = new ArrayList<>();
        for (int i = 0; i < records.size(); i++) {
            respelled.add(
                    records.get(i) instanceof SourceRecord.Row row && row.after() != null
                            ? with(row, row.after(), index, printed.get(i))
                            : records.get(i));
        }
        return respelled;
    }

    private static SourceRecord with(
            SourceRecord.Row row, @Nullable Object[] after, int index, @Nullable String value) {
        @Nullable Object[] values = after.clone();
        values[index] = value;
        return row.with(values);
    }

    /** As above, by key: all of them at once. */
    static Map<String, List<SourceRecord>> of(Connection connection, Table table, Map<String, List<SourceRecord>> here)
            throws SQLException {
        List<SourceRecord> respelled = of(
                connection, table, here.values().stream().flatMap(List::stream).toList());
        Map<String, List<SourceRecord>> byKey = new HashMap<>();
        int from = 0;
        for (Map.Entry<String, List<SourceRecord>> entry : here.entrySet()) {
            int to = from + entry.getValue().size();
            byKey.put(entry.getKey(), respelled.subList(from, to));
            from = to;
        }
        return byKey;
    }

    /** The values as PostgreSQL spells them; those that it does not accept stay as they are, for no row can hold them. */
    private static List<@Nullable String> respell(Connection connection, Column column, List<@Nullable String> values)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TargetSql.respell(column))) {
            return respell(connection, statement, values);
        }
    }

    private static List<@Nullable String> respell(
            Connection connection, PreparedStatement statement, List<@Nullable String> values) throws SQLException {
        List<@Nullable String> respelled = new ArrayList<>(values.size());
        statement.setArray(1, connection.createArrayOf("text", values.toArray()));
        Savepoint before = connection.setSavepoint();
        try (ResultSet spellings = statement.executeQuery()) {
            while (spellings.next()) {
                respelled.add(spellings.getString(1));
            }
            connection.releaseSavepoint(before);
            return respelled;
        } catch (SQLException e) {
            if (!DataErrors.isOne(e)) {
                throw e;
            }
            connection.rollback(before);
        }
        if (values.size() == 1) {
            return values;
        }
        int middle = values.size() / 2;
        respelled.addAll(respell(connection, statement, values.subList(0, middle)));
        respelled.addAll(respell(connection, statement, values.subList(middle, values.size())));
        return respelled;
    }
}
