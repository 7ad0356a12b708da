package dev.sluice.streams;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.gate.VersionMerger;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Merges versions of a row by the names of their columns, and encodes the result anew under the newer one's schema. */
public final class EventMerger implements VersionMerger {
    private final EventReader reader;
    private final EventWriter writer;

    /** @param changesTopic under whose subjects the schemas are registered already */
    public EventMerger(String pipeline, String changesTopic, SchemaRegistry registry) {
        this.reader = EventReader.of(registry);
        this.writer = new EventWriter(pipeline, changesTopic, registry);
    }

    @Override
    public byte[] merge(byte[] earlier, byte[] partial) {
        Change older = (Change) reader.read(earlier);
        Change newer = (Change) reader.read(partial);
        Table table = newer.table();
        @Nullable Object[] row = newer.after().clone();
        Set<String> stillLeftOut = new HashSet<>();
        for (String column : newer.unchanged()) {
            int from = older.table().indexOf(column);
            if (from < 0 || older.unchanged().contains(column)) {
                stillLeftOut.add(column);
            } else {
                row[table.indexOf(column)] = older.after()[from];
            }
        }
        return writer.value(new Change(
                table,
                newer.op(),
                null,
                row,
                stillLeftOut,
                newer.source(),
                newer.transaction(),
                newer.publishedMillis()));
    }
}
