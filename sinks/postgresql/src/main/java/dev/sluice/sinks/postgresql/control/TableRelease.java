package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import dev.sluice.sinks.postgresql.database.Sql;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Collectors;

/** Plans how tables get back what preparation took from them: their triggers as they were, and no column {@code _sluice_seq}. Their rows stay. */
final class TableRelease {
    private final ControlRows rows;
    private final TargetCatalog target;
    private final Set<TableId> ofOthers;
    private final Set<TableId> unguarded;

    TableRelease(ControlRows rows, TargetCatalog target) throws SQLException {
        this.rows = rows;
        this.target = target;
        this.ofOthers = rows.tablesOfOtherPipelines().keySet();
        this.unguarded = rows.unguarded();
    }

    /** They stand as they stood before; triggers that somebody dropped since are left out. */
    void restoreTriggers(Set<TableId> tables, Script script) throws SQLException {
        for (ControlRows.PausedTrigger trigger : rows.triggers()) {
            boolean there = target.table(trigger.table())
                    .map(t -> t.userTriggers().stream().anyMatch(u -> u.name().equals(trigger.name())))
                    .orElse(false);
            if (there && tables.contains(trigger.table())) {
                script.add(trigger.restore());
            }
        }
    }

    /** Indexes that were deferred for a load that did not come to its end. */
    void restoreIndexes(Set<TableId> tables, Script script) throws SQLException {
        for (DeferredIndexes.Deferred index : rows.missingIndexes()) {
            if (tables.contains(index.table()) && target.table(index.table()).isPresent()) {
                script.add(again(index));
            }
        }
    }

    /** One that cannot be made any more keeps nobody from letting go. In a block, so that no question mark of it is taken for a parameter. */
    private static String again(DeferredIndexes.Deferred index) {
        return "DO $sluice$ BEGIN EXECUTE " + Sql.literal(Sql.literally(index.definition()))
                + "; EXCEPTION WHEN OTHERS THEN RAISE WARNING 'index % is not made again: %', "
                + Sql.literal(Sql.literally(index.name())) + ", SQLERRM; END $sluice$";
    }

    /** A table that another pipeline writes to keeps the column; one whose shape was left alone has none of ours. */
    void dropColumn(TableId table, Script script) {
        if (target.table(table).isPresent() && !ofOthers.contains(table) && !unguarded.contains(table)) {
            script.add("ALTER TABLE " + Sql.quote(table) + " DROP COLUMN IF EXISTS " + Sql.quote(Sql.SEQUENCE_COLUMN));
        }
    }

    /** What comparisons of them that did not come to their end know of the source. */
    void dropNotedKeys(Set<TableId> tables, Script script) throws SQLException {
        for (ControlRows.NotedKeys noted : rows.notedKeys()) {
            if (tables.contains(noted.table())) {
                script.add(noted.drop());
            }
        }
    }

    /**
     * Tables that the pipeline captured once and does not any more; captured again they are new. What waited or was refused of them keeps nobody waiting now, and what comparisons found of them says nothing any more.
     *
     * @param pipeline whose rows of schema {@code sluice} go
     */
    void forget(String pipeline, Set<TableId> tables, Script script) throws SQLException {
        Set<TableId> owned = tables.stream()
                .filter(id -> target.table(id).map(TargetTable::owned).orElse(false))
                .collect(Collectors.toSet());
        restoreTriggers(owned, script);
        restoreIndexes(owned, script);
        dropNotedKeys(tables, script);
        for (TableId table :
                tables.stream().sorted(Comparator.comparing(TableId::toString)).toList()) {
            if (owned.contains(table)) {
                dropColumn(table, script);
            }
            String name = table.toString();
            script.add("DELETE FROM sluice.triggers WHERE pipeline = ? AND table_name = ?", pipeline, name);
            script.add("DELETE FROM sluice.indexes WHERE pipeline = ? AND table_name = ?", pipeline, name);
            script.add("DELETE FROM sluice.waiting WHERE pipeline = ? AND table_name = ?", pipeline, name);
            script.add("DELETE FROM sluice.accepted WHERE pipeline = ? AND table_name = ?", pipeline, name);
            script.add(
                    "UPDATE sluice.dead_letters SET state = 'discarded', why = 'the table is no longer captured'"
                            + " WHERE pipeline = ? AND table_name = ? AND state = 'open'",
                    pipeline,
                    name);
            script.add(
                    "UPDATE sluice.dead_letters SET snapshot = false WHERE pipeline = ? AND table_name = ? AND snapshot",
                    pipeline,
                    name);
            for (String found : VerificationTables.BY_TABLE) {
                script.add("DELETE FROM sluice." + found + " WHERE pipeline = ? AND table_name = ?", pipeline, name);
            }
            script.add("DELETE FROM sluice.tables WHERE pipeline = ? AND table_name = ?", pipeline, name);
        }
    }
}
