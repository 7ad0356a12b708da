package dev.sluice.cli.backfill;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** How far tables are that are read again, by what the producer says of them and what the target has applied of it. */
final class ReadAgain {
    private final Map<TableId, Progress> tables = new LinkedHashMap<>();

    /**
     * @param attached whether their beginning may have been said before anybody listened
     * @param estimates about how many rows there are
     */
    ReadAgain(List<CapturedTable> again, boolean attached, ToLongFunction<TableId> estimates) {
        for (CapturedTable table : again) {
            TableId id = table.target().id();
            tables.put(id, new Progress(estimates.applyAsLong(id), attached ? 0 : Long.MAX_VALUE));
        }
    }

    private static final class Progress {
        private long estimated;
        private long begun;
        private long ended = Long.MAX_VALUE;
        private long applied;
        private boolean done;

        private Progress(long estimated, long begun) {
            this.estimated = estimated;
            this.begun = begun;
        }
    }

    /**
     * A table's progress.
     *
     * @param rows that have come to the target, whatever became of them
     * @param estimated how many there will be, about
     */
    record View(TableId table, long rows, long estimated, boolean done) {}

    void hear(Control control) {
        TableId id = control.table();
        Progress table = id == null ? null : tables.get(id);
        if (table == null) {
            return;
        }
        if (control.kind() == Control.Kind.SNAPSHOT_BEGIN) {
            table.begun = control.source().sequence();
            table.estimated = number(control, Control.ESTIMATED, table.estimated);
        } else if (control.kind() == Control.Kind.SNAPSHOT_END) {
            table.ended = control.source().sequence();
        }
    }

    private static long number(Control control, String attribute, long otherwise) {
        String text = control.attributes().get(attribute);
        return text == null ? otherwise : Long.parseLong(text);
    }

    /** @param laneOf the lane of a table */
    List<View> look(PipelineStatus status, Map<TableId, String> laneOf) {
        List<View> views = new ArrayList<>();
        for (PipelineStatus.TableStatus found : status.tables()) {
            Progress table = tables.get(found.table());
            if (table != null) {
                long sequence = status.appliedSequence(laneOf.getOrDefault(found.table(), ""));
                boolean loading = found.phase().equals("loading");
                table.done = sequence >= table.ended || (table.done && !loading);
                if (table.done || (loading && sequence >= table.begun)) {
                    table.applied = found.snapshotRows();
                }
                views.add(new View(found.table(), table.applied, Math.max(table.applied, table.estimated), table.done));
            }
        }
        return views;
    }
}
