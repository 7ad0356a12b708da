package dev.sluice.cli.signals;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** In which lane a table's changes come, by the target's account. */
public final class TableLanes {
    private TableLanes() {}

    /** @throws SluiceException of kind CONFIGURATION when a table is in none */
    public static Map<TableId, String> read(TargetDatabase target, String pipeline, Collection<TableId> tables) {
        LaneLayout layout = new LaneRegistry(target, pipeline)
                .read()
                .map(StoredLayout::layout)
                .orElseThrow(() -> SluiceException.of(
                        ErrorKind.CONFIGURATION,
                        "the lanes of pipeline " + pipeline + " are not known to the target; run: sluice prepare"));
        Map<TableId, String> lanes = new HashMap<>();
        for (TableId table : tables) {
            lanes.put(
                    table,
                    layout.laneWith(table)
                            .orElseThrow(() -> SluiceException.of(
                                    ErrorKind.CONFIGURATION,
                                    "table " + table
                                            + " is in no lane yet; run: sluice prepare, and the pipeline anew")));
        }
        return lanes;
    }
}
