package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.SqlStates;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.ordered.LanePosition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rows of one table that are appended in one transaction beside the lane's. Used once, by one thread. */
final class LoadPart {
    private static final Logger LOG = LoggerFactory.getLogger(LoadPart.class);
    private static final String UNIQUE = "23505";

    private final TargetDatabase database;
    private final LaneCursor cursor;
    private final LanePosition position;
    private final LoadModes modes;
    private final FaultPoints faults;
    private final BoundTable table;
    private final TableId id;
    private final List<RowChange> changes;
    private final List<Integer> indexes;

    /** @param indexes into {@code changes} */
    LoadPart(
            TargetDatabase database,
            LaneCursor cursor,
            LanePosition position,
            LoadModes modes,
            FaultPoints faults,
            BoundTable table,
            List<RowChange> changes,
            List<Integer> indexes) {
        this.database = database;
        this.cursor = cursor;
        this.position = position;
        this.modes = modes;
        this.faults = faults;
        this.table = table;
        this.id = table.id();
        this.changes = changes;
        this.indexes = indexes;
    }

    /** @return indexes of the rows that it appended; what it did not is for the lane's own transaction, which also finds out what is wrong with them */
    List<Integer> load() throws SQLException {
        return switch (modes.of(id)) {
            case OFF -> List.of();
            case TRUSTING -> append(false);
            case CHECKING -> append(true);
        };
    }

    private List<Integer> append(boolean check) throws SQLException {
        try {
            return database.transactOnce(connection -> append(connection, check));
        } catch (SQLException e) {
            return refused(e, check);
        }
    }

    private List<Integer> append(Connection connection, boolean check) throws SQLException {
        faults.before("share cursor");
        if (!cursor.shareAt(position, connection)) {
            return List.of();
        }
        List<Integer> absent = check ? absent(connection) : indexes;
        if (!absent.isEmpty()) {
            faults.before("copy " + table);
            new CopyWriter()
                    .copy(
                            connection,
                            table,
                            absent.stream()
                                    .map(index -> row(changes.get(index)))
                                    .toList());
        }
        faults.before("commit part of " + table);
        modes.appended(id, indexes.size(), indexes.size() - absent.size());
        return absent;
    }

    private static Step.Row row(RowChange change) {
        return new Step.Row(change.row(), change.sequence());
    }

    /** What is about the rows, the lane's own transaction settles; a table that COPY cannot write to, it writes to otherwise. */
    private List<Integer> refused(SQLException failure, boolean checked) throws SQLException {
        if (SqlStates.isTransient(failure)) {
            throw failure;
        }
        if (!checked && SqlStates.of(failure).equals(UNIQUE)) {
            modes.surprised(id);
            return append(true);
        }
        if (Refusal.isOne(failure)) {
            modes.refused(id);
        } else {
            LOG.info(
                    "Rows of {} are not loaded by COPY: {}",
                    table,
                    database.explain(failure).getMessage());
            modes.off(id);
        }
        return List.of();
    }

    /** Those whose keys are not in the target, found by their index. */
    private List<Integer> absent(Connection connection) throws SQLException {
        faults.before("look up " + table);
        ArrayEncoder arrays = new ArrayEncoder();
        List<Step.Row> rows =
                indexes.stream().map(index -> row(changes.get(index))).toList();
        BitSet there = new BitSet();
        try (PreparedStatement query = connection.prepareStatement(Statements.presentKeys(table))) {
            int parameter = 1;
            for (int column : table.keyIndexes()) {
                query.setArray(
                        parameter++,
                        arrays.column(connection, table.column(column).type(), rows, column));
            }
            try (ResultSet result = query.executeQuery()) {
                while (result.next()) {
                    there.set(result.getInt(1) - 1);
                }
            }
        }
        List<Integer> absent = new ArrayList<>();
        for (int i = there.nextClearBit(0); i < indexes.size(); i = there.nextClearBit(i + 1)) {
            absent.add(indexes.get(i));
        }
        return absent;
    }
}
