package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.StreamedRowEvents;
import dev.sluice.streams.state.TreeLaneState;
import dev.sluice.streams.testing.Events;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Children without number of one parent: no call decides more than its share of them, whatever happens to the parent. */
class ManyChildrenTest {
    private static final int MANY = 100_000;
    private static final int CHILDREN = 20_000;

    private final Table parent = table("parent").bigint("id").key("id").build();
    private final Table child = table("child")
            .bigint("id")
            .bigint("p")
            .key("id")
            .refers("p", "parent", "id")
            .build();
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter writer = new EventWriter(Events.PIPELINE, "shop.changes.main", registry);
    private final TreeLaneState state = new TreeLaneState();
    private long sequence;

    private ForeignKeyGate gate(OnOrphan onOrphan) {
        ForeignKeyRule rule = new ForeignKeyRule(false, onOrphan);
        GatePlan plan = GatePlan.of(
                Catalog.of(List.of(parent, child)), ForeignKeyRules.of(Map.of(child.id(), Map.of("child_p_fk", rule))));
        return ForeignKeyGate.open(plan, state, new StreamedRowEvents(Events.PIPELINE, "shop.changes.main", registry));
    }

    private List<OrderedHeader> handle(ForeignKeyGate gate, Event event) {
        LaneRecord record = new LaneRecord(writer.key(event), writer.value(event), sequence, sequence);
        return headers(gate.handle(event, record));
    }

    private static List<OrderedHeader> headers(Decision decision) {
        assertThat(decision.records()).hasSizeLessThanOrEqualTo(Releases.ROWS_PER_CALL + 1);
        assertThat(decision.refreshes()).hasSizeLessThanOrEqualTo(Releases.ROWS_PER_CALL);
        return decision.records().stream().map(OrderedRecord::header).toList();
    }

    private void insertChildren(ForeignKeyGate gate, int count) {
        for (long i = 0; i < count; i++) {
            handle(gate, Events.upsert(child, ++sequence, true, i, 1L));
        }
    }

    private List<OrderedHeader> workOff(ForeignKeyGate gate) {
        List<OrderedHeader> all = new ArrayList<>();
        int calls = 0;
        while (gate.hasWork()) {
            all.addAll(
                    calls++ % 2 == 0
                            ? headers(gate.release(sequence, true))
                            : handle(gate, Events.heartbeat(++sequence)));
            assertThat(calls).as("calls").isLessThan(2 * MANY / Releases.ROWS_PER_CALL);
        }
        return all;
    }

    @Test
    void theyAreReleasedAThousandPerCallAndARestartGoesOn() {
        ForeignKeyGate gate = gate(OnOrphan.WAIT);
        insertChildren(gate, MANY);
        List<OrderedHeader> released = new ArrayList<>(handle(gate, Events.upsert(parent, ++sequence, true, 1L)));
        assertThat(gate.hasWork()).isTrue();
        ForeignKeyGate reopened = gate(OnOrphan.WAIT);
        released.addAll(handle(reopened, Events.heartbeat(++sequence)));
        released.addAll(workOff(reopened));

        assertThat(released.stream().filter(OrderedHeader::isRelease))
                .hasSize(MANY)
                .allMatch(OrderedHeader::settles);
        assertThat(reopened.pending()).isEqualTo(PendingTotals.NONE);
    }

    @Test
    void theyLeaveAThousandPerCallWhenTheirParentTakesThemAlong() {
        ForeignKeyGate gate = gate(OnOrphan.EVICT);
        handle(gate, Events.snapshotEnd(parent, ++sequence));
        handle(gate, Events.upsert(parent, ++sequence, true, 1L));
        insertChildren(gate, CHILDREN);
        List<OrderedHeader> left = new ArrayList<>(handle(gate, Events.delete(parent, ++sequence, true, 1L)));
        left.addAll(workOff(gate));

        assertThat(left.stream().filter(h -> h.outcome() == Outcome.EVICT)).hasSize(CHILDREN);
        assertThat(left.get(left.size() - 1).settles())
                .as("the parent leaves last")
                .isTrue();
        assertThat(gate.pending()).isEqualTo(new PendingTotals(CHILDREN, 0, 0));

        List<OrderedHeader> back = handle(gate, Events.upsert(parent, ++sequence, true, 1L));
        assertThat(back.get(0).outcome()).isEqualTo(Outcome.APPLY);
        workOff(gate);
    }

    @Test
    void theyLoseTheirReferenceAThousandPerCall() {
        ForeignKeyGate gate = gate(OnOrphan.SET_NULL);
        handle(gate, Events.snapshotEnd(parent, ++sequence));
        handle(gate, Events.upsert(parent, ++sequence, true, 1L));
        insertChildren(gate, CHILDREN);
        List<OrderedHeader> left = new ArrayList<>(handle(gate, Events.delete(parent, ++sequence, true, 1L)));
        left.addAll(workOff(gate));
        assertThat(left.stream().filter(h -> h.outcome() == Outcome.SET_NULL)).hasSize(CHILDREN);

        List<OrderedHeader> back = new ArrayList<>(handle(gate, Events.upsert(parent, ++sequence, true, 1L)));
        back.addAll(workOff(gate));
        assertThat(back.stream().filter(OrderedHeader::isRelease)).hasSize(CHILDREN);
        assertThat(gate.pending()).isEqualTo(PendingTotals.NONE);
    }
}
