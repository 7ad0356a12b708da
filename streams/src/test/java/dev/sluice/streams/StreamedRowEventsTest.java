package dev.sluice.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.gate.LaneRecord;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class StreamedRowEventsTest {
    private static final Table TABLE = new Table(
            new TableId("public", "t"),
            List.of(
                    new Column("id", LogicalType.INT32, "integer", false, false),
                    new Column("a", LogicalType.TEXT, "character varying(3)", true, false),
                    new Column("b", LogicalType.TEXT, "character varying(3)", true, false)),
            List.of("id"),
            List.of(),
            List.of());

    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter writer = new EventWriter("p", "p.changes.main", registry);
    private final StreamedRowEvents events = new StreamedRowEvents("p", "p.changes.main", registry);

    private byte[] event(Set<String> unchanged, List<String> cut, @Nullable Object... row) {
        Source source = new Source("id", "test", "test", 1, Position.of(new byte[] {1}), 0, false);
        List<Transformed> marks =
                cut.stream().map(column -> new Transformed("truncate", column)).toList();
        return writer.value(
                new Change(TABLE, Op.UPDATE, null, row, unchanged, source, new Transaction("t", 1, 1, true), 0, marks));
    }

    private List<Transformed> transformed(byte[] event) {
        return ((Change) EventReader.of(registry).read(event)).transformed();
    }

    private List<String> marks(byte[] event) {
        return transformed(event).stream().map(Transformed::column).toList();
    }

    @Test
    void aMergedVersionIsMarkedWhereItsValuesComeFrom() {
        byte[] earlier = event(Set.of(), List.of("a", "b"), 1, "abc", "def");
        assertThat(marks(events.merge(earlier, event(Set.of("b"), List.of(), 1, "x", null))))
                .containsExactly("b");
        assertThat(marks(events.merge(earlier, event(Set.of("b"), List.of("a"), 1, "xyz", null))))
                .containsExactly("a", "b");
    }

    @Test
    void aValueThatIsReplacedIsNotMarkedAnyMore() {
        byte[] row = event(Set.of(), List.of("a", "b"), 1, "abc", "def");
        Map<String, @Nullable Object> other = new java.util.HashMap<>();
        other.put("a", null);
        assertThat(marks(events.with(row, other))).containsExactly("b", "a");
        other.put("a", "x");
        assertThat(marks(events.with(row, other))).containsExactly("b");
    }

    @Test
    void aReferenceThatIsNullBecauseItsParentIsMissingIsMarkedAndOneThatIsRestoredIsNot() {
        Map<String, @Nullable Object> none = new java.util.HashMap<>();
        none.put("b", null);
        byte[] row = event(Set.of(), List.of(), 1, "abc", "def");
        assertThat(transformed(events.with(row, none))).containsExactly(new Transformed("set-null", "b"));
        LaneRecord cause = new LaneRecord(new byte[0], row, 1, 0);
        byte[] nulled = events.update(cause, TABLE, Map.of("id", 1), none).value();
        assertThat(transformed(nulled)).containsExactly(new Transformed("set-null", "b"));
        assertThat(transformed(events.update(cause, TABLE, Map.of("id", 1), Map.of("b", "def"))
                        .value()))
                .isEmpty();
    }
}
