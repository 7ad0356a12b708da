package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.sequence.Place;
import dev.sluice.streams.sequence.Sequencer;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.GateRig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What broke other tools in the field. */
class FieldRegressionsTest {
    private final Table grand = table("grand").bigint("id").key("id").build();
    private final Table parent = table("parent")
            .bigint("id")
            .bigint("g")
            .key("id")
            .refers("g", "grand", "id")
            .build();
    private final Table child = table("child")
            .bigint("id")
            .bigint("p")
            .key("id")
            .refers("p", "parent", "id")
            .build();
    private final GateRig rig = new GateRig(grand, parent, child);

    @Test
    void aParentUpdatedAfterItsChildsInsertInASnapshot() {
        assertThat(rig.upsert(child, 1L, 1L)).containsExactly("WAIT 1");
        assertThat(rig.upsert(parent, 1L, null)).containsExactly("APPLY 2", "+APPLY 1");
        assertThat(rig.upsert(parent, 1L, null)).containsExactly("APPLY 3");
    }

    @Test
    void aDeleteThenALateUpdateOfTheChild() {
        rig.upsert(parent, 1L, null);
        rig.upsert(child, 1L, 1L);
        rig.delete(parent, 1L);
        rig.delete(child, 1L);
        assertThat(rig.upsert(child, 1L, 1L))
                .as("never brought back under a parent that is gone")
                .containsExactly("WAIT 5");
        assertThat(rig.postgres().rows(child)).isEmpty();
    }

    @Test
    void aDeleteAndInsertOfAParentInOneTransactionWithLiveGrandchildren() {
        rig.upsert(grand, 1L);
        rig.upsert(parent, 1L, 1L);
        rig.upsert(child, 1L, 1L);
        rig.beginTransaction();
        assertThat(rig.delete(grand, 1L)).containsExactly("HOLD 4");
        assertThat(rig.delete(parent, 1L)).containsExactly("HOLD 5");
        assertThat(rig.upsert(parent, 1L, 1L))
                .as("refers to the held one already")
                .containsExactly("APPLY 6");
        rig.endTransaction();
        assertThat(rig.upsert(grand, 1L)).containsExactly("APPLY 7");
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.postgres().rows(child)).hasSize(1);
    }

    @Test
    void aMoveOfAChildAndADeleteOfItsOldParentInOneTransaction() {
        rig.upsert(parent, 1L, null);
        rig.upsert(parent, 2L, null);
        rig.upsert(child, 1L, 1L);
        rig.beginTransaction();
        assertThat(rig.delete(parent, 1L)).containsExactly("HOLD 4");
        rig.endTransaction();
        assertThat(rig.upsert(child, 1L, 2L)).containsExactly("APPLY 5", "+APPLY 4");
    }

    @Test
    void aChangeOfAParentsKeyThatItsChildrenFollowInOneTransaction() {
        rig.upsert(parent, 1L, null);
        rig.upsert(child, 1L, 1L);
        rig.beginTransaction();
        assertThat(rig.delete(parent, 1L)).containsExactly("HOLD 3");
        assertThat(rig.upsert(parent, 9L, null)).containsExactly("APPLY 4");
        rig.endTransaction();
        assertThat(rig.upsert(child, 1L, 9L)).containsExactly("APPLY 5", "+APPLY 3");
    }

    @Test
    void aDeleteOfAParentWithChildrenStillWaiting() {
        rig.upsert(parent, 1L, 1L);
        rig.upsert(child, 1L, 1L);
        assertThat(rig.delete(parent, 1L)).containsExactly("FORGET 3");
        assertThat(rig.upsert(grand, 1L)).containsExactly("APPLY 4");
        assertThat(rig.upsert(parent, 1L, 1L)).containsExactly("APPLY 5", "+APPLY 2");
    }

    @Test
    void anOutcomeForEverySequenceWhenTheLastRowOfATransactionWaits() {
        rig.beginTransaction();
        rig.upsert(grand, 1L);
        rig.endTransaction();
        assertThat(rig.upsert(child, 1L, 5L)).containsExactly("WAIT 2");
        OrderedHeader last = rig.ordered().get(1).header();
        assertThat(last.last()).isTrue();
        assertThat(last.more()).isFalse();
    }

    @Test
    void aThousandChildrenOfOneParentAreReleasedInPieces() {
        int children = 2_500;
        for (long i = 0; i < children; i++) {
            rig.upsert(child, i, 1L);
        }
        assertThat(rig.upsert(parent, 1L, null)).hasSize(1 + Releases.ROWS_PER_CALL);
        assertThat(rig.hasWork()).isTrue();
        assertThat(rig.heartbeat()).as("the next record goes on").hasSize(1 + Releases.ROWS_PER_CALL);
        assertThat(rig.release()).as("so does a punctuation").hasSize(children - 2 * Releases.ROWS_PER_CALL);
        assertThat(rig.hasWork()).isFalse();
        assertThat(rig.postgres().rows(child)).hasSize(children);
    }

    @Test
    void aNewerVersionOfAQueuedRowOvertakesTheQueue() {
        for (long i = 0; i < 1_500; i++) {
            rig.upsert(child, i, 1L);
        }
        rig.upsert(parent, 1L, null);
        rig.upsert(child, 1_499L, null);
        rig.delete(child, 1_498L);
        while (rig.hasWork()) {
            rig.release();
        }
        assertThat(rig.row(child, 1_499L)).containsExactly(1_499L, null);
        assertThat(rig.postgres().rows(child)).hasSize(1_499);
    }

    @Test
    void aDeleteOfTheParentOvertakesTheQueue() {
        for (long i = 0; i < 2_500; i++) {
            rig.upsert(child, i, 1L);
        }
        rig.upsert(parent, 1L, null);
        assertThat(rig.delete(parent, 1L))
                .as("nothing more is released below it")
                .containsExactly("HOLD 2502");
        assertThat(rig.hasWork()).isFalse();
        assertThat(rig.gate().pending()).isEqualTo(new PendingTotals(1_500, 0, 1));
        rig.upsert(parent, 1L, null);
        while (rig.hasWork()) {
            rig.release();
        }
        assertThat(rig.gate().pending()).isEqualTo(PendingTotals.NONE);
    }

    @Test
    void aRowThatWaitsIsReleasedUnderItsOwnSequenceWhenItsParentIsReleasedWithIt() {
        for (long i = 0; i <= Releases.ROWS_PER_CALL; i++) {
            rig.upsert(parent, i, 1L);
        }
        rig.upsert(grand, 1L);
        long queued = Releases.ROWS_PER_CALL;
        assertThat(rig.upsert(child, 1L, queued))
                .hasSize(3)
                .startsWith("WAIT 1003")
                .endsWith("+APPLY 1003");
        assertThat(rig.ordered().get(rig.ordered().size() - 1).header().isRelease())
                .isTrue();
    }

    @Test
    void anOldVersionRedeliveredAfterANewOneIsDropped() {
        Sequencer sequencer = Sequencer.open("main", Events.INCARNATION, 1, rig.state());
        Event a = Events.upsert(parent, 2, true, 1L, null);
        Event b = Events.upsert(parent, 4, true, 1L, null);
        List<Event> delivered =
                List.of(Events.upsert(grand, 1, true, 1L), a, Events.upsert(child, 3, true, 1L, 1L), a, b);
        List<String> outcomes = new ArrayList<>();
        for (Event event : delivered) {
            Place place = new Place("changes", 0, outcomes.size());
            byte[] value = rig.value(event);
            if (sequencer.accepts(event.source(), true, null, value, place)) {
                outcomes.addAll(rig.handle(event));
            }
        }
        assertThat(outcomes).containsExactly("APPLY 1", "APPLY 2", "APPLY 3", "APPLY 4");
    }

    @Test
    void anOldVersionSentAgainUnderItsOldSequenceWithOtherContentStopsTheLane() {
        Sequencer sequencer = Sequencer.open("main", Events.INCARNATION, 1, rig.state());
        Event first = Events.upsert(grand, 1, true, 1L);
        Event second = Events.upsert(parent, 2, true, 1L, null);
        Event third = Events.upsert(parent, 3, true, 1L, 1L);
        Event forged = Events.upsert(parent, 2, true, 1L, 1L);
        for (Event event : List.of(first, second, third)) {
            sequencer.accepts(event.source(), true, null, rig.value(event), new Place("changes", 0, 0));
        }
        assertThatThrownBy(() ->
                        sequencer.accepts(forged.source(), true, null, rig.value(forged), new Place("changes", 0, 3)))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("expected sequence 4, found 2");
    }

    @Test
    void everySequenceHasAnOutcomeWhenTheLastRowOfATransactionWaits() {
        rig.beginTransaction();
        rig.upsert(grand, 1L);
        rig.upsert(parent, 1L, 1L);
        rig.endTransaction();
        rig.upsert(child, 1L, 5L);
        rig.upsert(grand, 2L);
        List<OrderedHeader> own = rig.ordered().stream()
                .map(OrderedRecord::header)
                .filter(h -> !h.isRelease())
                .toList();
        assertThat(own).extracting(OrderedHeader::sequence).containsExactly(1L, 2L, 3L, 4L);
        assertThat(own).extracting(OrderedHeader::last).containsExactly(false, false, true, true);
        assertThat(own.get(2).outcome()).isEqualTo(Outcome.WAIT);
    }
}
