package dev.sluice.streams.gate;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Events with NULL in place of references whose parents are missing, and with what they leave out. */
final class Nulls {
    private final RowEvents events;

    Nulls(RowEvents events) {
        this.events = events;
    }

    /** @param foreignKeys of the table, a bit each */
    LaneRecord nulled(GatedTable table, long foreignKeys, LaneRecord record) {
        Map<String, @Nullable Object> columns = new HashMap<>();
        for (Edge edge : table.edgesOf(foreignKeys)) {
            edge.nullable().forEach(column -> columns.put(column, null));
        }
        return record.withValue(events.with(record.value(), columns));
    }

    /** What a partial version left out, because the target had it, has to be written back where NULL is written now. */
    PendingVersion complete(GatedTable table, long foreignKeys, PendingVersion newest) {
        if (!newest.partial()) {
            return newest;
        }
        Map<String, @Nullable Object> columns = new HashMap<>();
        for (Edge edge : table.edgesOf(foreignKeys)) {
            KeyImage wanted = newest.version().references()[table.edges().indexOf(edge)];
            columns.putAll(table.nullableValues(edge, wanted.bytes()));
        }
        return newest.withValue(events.with(newest.record().value(), columns));
    }
}
