package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What schema {@code sluice} knows of tables; nothing while it is not there.
 *
 * @param tables those that the pipeline captures; they hold rows because Sluice wrote them
 * @param unguarded those of them whose shape was left alone
 * @param paused triggers of them that were disabled
 * @param others names of other pipelines, by table that they capture
 */
record Recorded(
        Set<TableId> tables,
        Set<TableId> unguarded,
        List<ControlRows.PausedTrigger> paused,
        Map<TableId, String> others) {
    private static final Recorded NOTHING = new Recorded(Set.of(), Set.of(), List.of(), Map.of());

    static Recorded read(Connection connection, String pipeline) throws SQLException {
        if (!ControlSchema.exists(connection)) {
            return NOTHING;
        }
        ControlRows rows = new ControlRows(connection, pipeline);
        return new Recorded(
                Set.copyOf(rows.tables()), rows.unguarded(), rows.triggers(), rows.tablesOfOtherPipelines());
    }

    /** Whether the table has, or should have, a column for sequences. */
    boolean guarded(TableId table) {
        return tables.contains(table) && !unguarded.contains(table);
    }

    Set<String> pausedOf(TableId table) {
        return paused.stream()
                .filter(trigger -> trigger.table().equals(table))
                .map(ControlRows.PausedTrigger::name)
                .collect(Collectors.toSet());
    }
}
