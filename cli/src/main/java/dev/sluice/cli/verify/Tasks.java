package dev.sluice.cli.verify;

import dev.sluice.cli.config.CheckSettings;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.deadletters.Masks;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.Replays;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.verification.TableTask;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tables as they are compared, with what the configuration and the target know of them. */
final class Tasks {
    private Tasks() {}

    /**
     * In the order of the captured ones.
     *
     * @param laneOf of those that are wanted
     */
    static List<TableTask> of(
            Configuration configuration,
            List<CapturedTable> captured,
            Map<TableId, String> laneOf,
            TargetDatabase target) {
        Set<TableId> unguarded = new Replays(target, configuration.pipeline()).unguarded();
        Masks masks = new Masks(configuration);
        List<TableTask> tasks = new ArrayList<>();
        for (CapturedTable table : captured) {
            TableId id = table.target().id();
            String lane = laneOf.get(id);
            if (lane != null) {
                tasks.add(new TableTask(
                        table,
                        lane,
                        !unguarded.contains(id),
                        configuration.tables().of(table.sourceName()).adopt(),
                        masked(table, masks.of(id)),
                        covered(configuration, id)));
            }
        }
        return tasks;
    }

    /** Columns that checks stand for, each {@code table.column} with or without a schema. */
    private static Set<String> covered(Configuration configuration, TableId id) {
        Set<String> covered = new HashSet<>();
        for (CheckSettings check : configuration.checks()) {
            for (String name : check.covers()) {
                int dot = name.lastIndexOf('.');
                if (dot > 0 && TableId.parse(name.substring(0, dot)).equals(id)) {
                    covered.add(name.substring(dot + 1));
                }
            }
        }
        return covered;
    }

    private static Set<String> masked(CapturedTable table, Set<String> names) {
        Set<String> masked = new HashSet<>();
        for (int i = 0; i < table.sourceColumns().size(); i++) {
            Column column = table.target().columns().get(i);
            if (Masks.isIn(names, column.name())
                    || Masks.isIn(names, table.sourceColumns().get(i))) {
                masked.add(column.name());
            }
        }
        return masked;
    }
}
