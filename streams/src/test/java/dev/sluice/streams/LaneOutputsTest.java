package dev.sluice.streams;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import dev.sluice.schemas.signal.SignalCodec;
import dev.sluice.streams.LaneOutputs.Output;
import dev.sluice.streams.gate.Decision;
import dev.sluice.streams.gate.LaneRecord;
import dev.sluice.streams.gate.OrderedRecord;
import dev.sluice.streams.gate.Refresh;
import dev.sluice.streams.testing.Events;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.MockProcessorContext.CapturedForward;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What each of the lane's sinks gets of a decision. */
class LaneOutputsTest {
    private final Table cities =
            table("cities").bigint("id").text("name").bigint("region").key("id").build();
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter writer = new EventWriter(Events.PIPELINE, "shop.changes.main", registry);
    private final EventReader reader = EventReader.of(registry);
    private final MockProcessorContext<byte[], Output> context = new MockProcessorContext<>();
    private final Event upsert = Events.upsert(cities, 3, true, 7L, "c", 1L);
    private final Event delete = Events.delete(cities, 3, true, 7L, null, null);

    LaneOutputsTest() {
        context.setCurrentSystemTimeMs(99);
    }

    private LaneOutputs outputs(boolean perTable) {
        LaneSettings settings = LaneSettings.of(
                        Events.PIPELINE, Events.INCARNATION, "main", 1, Path.of("unused"), Map.of())
                .withPublishPerTable(perTable);
        StreamedRowEvents rows = new StreamedRowEvents("shop", "shop.changes.main", registry);
        return new LaneOutputs(context, settings, registry, rows);
    }

    private OrderedRecord ordered(Event event, Outcome outcome) {
        LaneRecord record = new LaneRecord(
                writer.key(event),
                writer.value(event),
                event.source().sequence(),
                event.source().commitMillis());
        return new OrderedRecord(new OrderedHeader(outcome, true, false, false, 3, 3, null), record);
    }

    private List<Record<? extends byte[], ? extends Output>> at(String sink) {
        return context.forwarded().stream()
                .filter(f -> f.childName().orElseThrow().equals(sink))
                .<Record<? extends byte[], ? extends Output>>map(CapturedForward::record)
                .toList();
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void orderedGetsEverything(Outcome outcome) {
        outputs(false).forward(new Decision(List.of(ordered(upsert, outcome)), List.of()), 3);

        assertThat(context.forwarded()).hasSize(1);
        Record<? extends byte[], ? extends Output> record = at("ordered").get(0);
        assertThat(record.key()).isEqualTo(writer.key(upsert));
        assertThat(record.value().value()).isEqualTo(writer.value(upsert));
        assertThat(record.timestamp()).isEqualTo(upsert.source().commitMillis());
        assertThat(OrderedHeader.of(record.headers()).outcome()).isEqualTo(outcome);
    }

    @Test
    void aTablesTopicGetsWhatTheTargetWritesAndNothingElse() {
        List<OrderedRecord> decided =
                Stream.of(Outcome.values()).map(o -> ordered(upsert, o)).toList();
        outputs(true).forward(new Decision(decided, List.of()), 3);

        assertThat(at("ordered")).hasSize(decided.size());
        assertThat(at("tables"))
                .extracting(r -> OrderedHeader.of(r.headers()).outcome())
                .containsExactly(Outcome.APPLY, Outcome.SET_NULL, Outcome.EVICT);
        assertThat(at("tables")).extracting(r -> r.value().topic()).containsOnly("shop.table.public.cities");
        assertThat(at("tables").get(0).key()).isEqualTo(writer.key(upsert));
        assertThat(at("tables").get(0).value().value()).isEqualTo(writer.value(upsert));
        assertThat(at("tables").get(0).timestamp()).isEqualTo(upsert.source().commitMillis());
    }

    @Test
    void theCopyOfARowThatAnUpsertEvictsIsADelete() {
        outputs(true).forward(new Decision(List.of(ordered(upsert, Outcome.EVICT)), List.of()), 3);

        assertThat(at("tables").get(0).key()).isEqualTo(writer.key(upsert));
        Change copy = (Change) reader.read(at("tables").get(0).value().value());
        assertThat(copy.op()).isEqualTo(Op.DELETE);
        assertThat(copy.before()).containsExactly(7L, null, null);
        assertThat(copy.source().sequence()).isEqualTo(3);
        Change original = (Change) reader.read(at("ordered").get(0).value().value());
        assertThat(original.op()).isEqualTo(Op.UPDATE);
    }

    @Test
    void theCopyOfARowThatIsEvictedByADeleteIsThatDelete() {
        outputs(true).forward(new Decision(List.of(ordered(delete, Outcome.EVICT)), List.of()), 3);

        assertThat(at("tables").get(0).value().value()).isEqualTo(writer.value(delete));
    }

    @Test
    void whatATopicsNameCannotHoldIsEscaped() {
        Table odd = table("Größe x").bigint("id").key("id").build();
        Event row = Events.upsert(odd, 3, true, 1L);
        outputs(true).forward(new Decision(List.of(ordered(row, Outcome.APPLY)), List.of()), 3);

        assertThat(at("tables").get(0).value().topic()).isEqualTo("shop.table.public.Gr_xC3_xB6_xC3_x9Fe_x20x");
    }

    @Test
    void aTruncateIsCopiedToItsTable() {
        Event truncate = Events.truncate(cities, 3, true);
        outputs(true).forward(new Decision(List.of(ordered(truncate, Outcome.APPLY)), List.of()), 3);

        assertThat(at("tables").get(0).value().topic()).isEqualTo("shop.table.public.cities");
        assertThat(at("tables").get(0).value().value()).isEqualTo(writer.value(truncate));
    }

    @Test
    void aControlEventIsNotCopied() {
        outputs(true).forward(new Decision(List.of(ordered(Events.heartbeat(3), Outcome.CONTROL)), List.of()), 3);

        assertThat(at("ordered")).hasSize(1);
        assertThat(at("tables")).isEmpty();
    }

    @Test
    void rowsThatTheSourceHasToGiveAgainAreAskedForTableByTable() {
        TableId towns = TableId.parse("towns");
        List<Refresh> refreshes = List.of(
                new Refresh(cities.id(), "[7]"), new Refresh(towns, "[\"x\"]"), new Refresh(cities.id(), "[8]"));
        outputs(false).forward(new Decision(List.of(), refreshes), 3);

        List<Signal> signals = at("signals").stream()
                .map(r -> SignalCodec.decode(r.value().value()))
                .toList();
        assertThat(at("signals")).extracting(Record::timestamp).containsOnly(99L);
        assertThat(signals).extracting(Signal::type).containsOnly(Signal.Type.REFRESH);
        assertThat(signals).extracting(Signal::by).containsOnly("lane main");
        assertThat(signals).extracting(Signal::tables).containsExactly(List.of(cities.id()), List.of(towns));
        assertThat(signals).extracting(Signal::keys).containsExactly(List.of("[7]", "[8]"), List.of("[\"x\"]"));
        assertThat(signals).extracting(Signal::id).doesNotHaveDuplicates().allMatch(id -> id.startsWith("main-3-"));
    }
}
