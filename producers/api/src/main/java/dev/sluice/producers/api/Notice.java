package dev.sluice.producers.api;

import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.relational.TableId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a control event says.
 *
 * @param signal the signal it answers
 * @param table the table it is about; null when it is about all of them
 */
record Notice(
        Control.Kind kind,
        @Nullable String signal,
        @Nullable TableId table,
        Map<String, String> attributes) {
    static final Notice HEARTBEAT = new Notice(Control.Kind.HEARTBEAT, null, null, Map.of());

    static Notice of(Control.Kind kind, TableId table, Map<String, String> attributes) {
        return new Notice(kind, null, table, attributes);
    }
}
