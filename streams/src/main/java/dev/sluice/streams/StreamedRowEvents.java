package dev.sluice.streams;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.gate.LaneRecord;
import dev.sluice.streams.gate.RowEvents;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads and writes events in the lane's own format, under the schemas that its producer registered. Not thread-safe. */
public final class StreamedRowEvents implements RowEvents {
    private final EventReader reader;
    private final EventWriter writer;

    /** @param changesTopic under whose subjects the schemas are registered already */
    public StreamedRowEvents(String pipeline, String changesTopic, SchemaRegistry registry) {
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
        return writer.value(upsert(newer, table, newer.op(), row, stillLeftOut, marks(older, newer)));
    }

    @Override
    public byte[] with(byte[] upsert, Map<String, @Nullable Object> columns) {
        Change change = (Change) reader.read(upsert);
        @Nullable Object[] row = change.after().clone();
        Set<String> leftOut = new HashSet<>(change.unchanged());
        columns.forEach((column, value) -> {
            row[change.table().indexOf(column)] = value;
            leftOut.remove(column);
        });
        Stream<Transformed> kept = change.transformed().stream().filter(mark -> !columns.containsKey(mark.column()));
        List<Transformed> marks = Stream.concat(kept, nulled(columns)).toList();
        return writer.value(upsert(change, change.table(), change.op(), row, leftOut, marks));
    }

    @Override
    public LaneRecord delete(LaneRecord cause, Table table, Map<String, Object> key) {
        Event origin = reader.read(cause.value());
        Change delete = new Change(
                table,
                Op.DELETE,
                row(table, key),
                null,
                Set.of(),
                live(origin.source()),
                origin.transaction(),
                origin.publishedMillis());
        return record(cause, delete);
    }

    @Override
    public LaneRecord update(
            LaneRecord cause, Table table, Map<String, Object> key, Map<String, @Nullable Object> columns) {
        Event origin = reader.read(cause.value());
        @Nullable Object[] row = row(table, key);
        Set<String> leftOut = new HashSet<>();
        for (Column column : table.columns()) {
            if (!key.containsKey(column.name()) && !columns.containsKey(column.name())) {
                leftOut.add(column.name());
            }
        }
        columns.forEach((name, value) -> row[table.indexOf(name)] = value);
        Change update = new Change(
                table,
                Op.UPDATE,
                null,
                row,
                leftOut,
                live(origin.source()),
                origin.transaction(),
                origin.publishedMillis(),
                nulled(columns).toList());
        return record(cause, update);
    }

    /** A reference that is NULL because its parent is missing is a value that is not the source's own. */
    private static Stream<Transformed> nulled(Map<String, @Nullable Object> columns) {
        return columns.entrySet().stream()
                .filter(column -> column.getValue() == null)
                .map(column -> new Transformed(Transformed.SET_NULL, column.getKey()))
                .sorted(Comparator.comparing(Transformed::column));
    }

    private LaneRecord record(LaneRecord cause, Change change) {
        return new LaneRecord(writer.key(change), writer.value(change), cause.sequence(), cause.commitMillis());
    }

    private static @Nullable Object[] row(Table table, Map<String, Object> key) {
        @Nullable Object[] row = new @Nullable Object[table.columns().size()];
        key.forEach((name, value) -> row[table.indexOf(name)] = value);
        return row;
    }

    /** What the gate makes counts as no row of a snapshot. */
    private static Source live(Source source) {
        return new Source(
                source.pipelineId(),
                source.connector(),
                source.database(),
                source.sequence(),
                source.position(),
                source.commitMillis(),
                false);
    }

    /** A value is marked where it comes from. */
    private static List<Transformed> marks(Change older, Change newer) {
        return Stream.concat(
                        newer.transformed().stream(),
                        older.transformed().stream()
                                .filter(mark -> newer.unchanged().contains(mark.column())))
                .toList();
    }

    private static Change upsert(
            Change of, Table table, Op op, @Nullable Object[] row, Set<String> leftOut, List<Transformed> transformed) {
        return new Change(
                table, op, null, row, leftOut, of.source(), of.transaction(), of.publishedMillis(), transformed);
    }
}
