package dev.sluice.streams;

import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.LaneOutputs.Output;
import dev.sluice.streams.gate.LaneRecord;
import dev.sluice.streams.gate.OrderedRecord;
import java.util.HashMap;
import java.util.Map;

/**
 * What the topics per table hold: every change of a row that the target makes, in the order in which it makes them, and nothing else. Read from the
 * beginning, a topic gives the table as the target has it, if each change is laid over the ones before it by key: values are envelopes, with op
 * {@code d} for a row that leaves, columns named in {@code unchanged} left as they are, and op {@code t}, without a key, for the whole table.
 *
 * <p>Key, value and header are those of {@code ordered}, but for one case: a row that is evicted because of an upsert whose parent is missing. The upsert
 * is not in the target, so the copy is a delete of its key, under the upsert's origin. Rows that wait, are held or became dead letters are not copied.
 * Changes that {@code ordered} tells to apply as one are copied one by one.
 */
final class TableCopies {
    private final Topics topics;
    private final EventReader reader;
    private final StreamedRowEvents rows;
    private final Map<TableId, String> names = new HashMap<>();

    TableCopies(String pipeline, SchemaRegistry registry, StreamedRowEvents rows) {
        this.topics = new Topics(pipeline);
        this.reader = EventReader.projecting(registry, (table, column) -> false);
        this.rows = rows;
    }

    static boolean isCopied(OrderedRecord ordered) {
        return switch (ordered.header().outcome()) {
            case APPLY, SET_NULL, EVICT -> true;
            case WAIT, STALE, HOLD, FORGET, CONTROL, QUARANTINE -> false;
        };
    }

    Output of(OrderedRecord ordered) {
        LaneRecord bytes = ordered.record();
        Change change = (Change) reader.read(bytes.value());
        String topic = names.computeIfAbsent(change.table().id(), topics::table);
        boolean leaves = ordered.header().outcome() == Outcome.EVICT && change.op() != Op.DELETE;
        return new Output(
                topic, leaves ? rows.delete(bytes, change.table(), key(change)).value() : bytes.value());
    }

    private static Map<String, Object> key(Change upsert) {
        Table table = upsert.table();
        Map<String, Object> key = new HashMap<>();
        for (String column : table.primaryKey()) {
            Object value = upsert.after()[table.indexOf(column)];
            if (value == null) {
                throw new IllegalStateException(
                        "an event of " + table.id() + " has no value for its key's column " + column);
            }
            key.put(column, value);
        }
        return key;
    }
}
