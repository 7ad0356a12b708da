package dev.sluice.streams.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Source;
import dev.sluice.streams.state.TreeLaneState;
import dev.sluice.streams.testing.Events;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class SequencerTest {
    private final TreeLaneState state = new TreeLaneState();
    private Sequencer sequencer = open(1);
    private long end;

    private Sequencer open(long first) {
        return Sequencer.open("main", Events.INCARNATION, first, state);
    }

    /** At the end of the topic. */
    private boolean accept(long sequence, String content) {
        return acceptAt(end++, sequence, content);
    }

    private boolean accept(long sequence) {
        return accept(sequence, "event " + sequence);
    }

    private boolean acceptAt(long offset, long sequence, String content) {
        return sequencer.accepts(
                Events.source(sequence),
                sequence % 2 == 0,
                null,
                content.getBytes(StandardCharsets.UTF_8),
                place(offset));
    }

    private static Place place(long offset) {
        return new Place("shop.changes.main", 0, offset);
    }

    private static void assertStops(ThrowingCallable call, String... named) {
        assertThatThrownBy(call)
                .isInstanceOf(SluiceException.class)
                .hasMessageContainingAll(named)
                .extracting(e -> ((SluiceException) e).kind())
                .isEqualTo(ErrorKind.REFUSED);
    }

    @Test
    void sequencesAscendByOneFromTheFirst() {
        sequencer = open(41);
        assertThat(accept(41)).isTrue();
        assertThat(accept(42)).isTrue();
        assertThat(sequencer.next()).isEqualTo(43);
        assertThat(sequencer.lastEndsTransaction()).isTrue();
    }

    @Test
    void aGapStopsTheLaneAndNamesBothSequencesPositionsAndTheRemedy() {
        accept(1);
        assertStops(
                () -> accept(3),
                "lane main",
                "expected sequence 2",
                "found 3",
                "shop.changes.main partition 0 offset 1",
                Events.source(3).position().toString(),
                Events.source(1).position().toString(),
                "1 records are missing",
                "sluice remove");
        assertThat(accept(2)).as("nothing was handled").isTrue();
    }

    @Test
    void aRecordBeforeTheFirstStopsTheLane() {
        sequencer = open(5);
        assertStops(() -> accept(4), "expected sequence 5", "found 4");
    }

    @Test
    void anIdenticalRedeliveryIsDropped() {
        for (long i = 1; i <= 200; i++) {
            accept(i);
        }
        for (long i = 1; i <= 200; i++) {
            assertThat(accept(i)).isFalse();
        }
        assertThat(sequencer.next()).isEqualTo(201);
    }

    @Test
    void oldVersionsRedeliveredAfterNewerOnesAreDroppedOrStopTheLane() {
        accept(1);
        accept(2, "2a");
        accept(3);
        assertThat(accept(2, "2a")).isFalse();
        assertStops(() -> accept(2, "2b"), "expected sequence 4", "found 2", "other content");
    }

    @Test
    void aRedeliveryOlderThanMemoryBehindTheLastHandledStopsTheLane() {
        int handled = Sequencer.REMEMBERED + 200;
        for (long i = 1; i <= handled; i++) {
            accept(i);
        }
        assertThat(accept(handled - Sequencer.REMEMBERED + 40)).isFalse();
        assertStops(() -> accept(1), "too long ago");
        assertThat(state.size()).as("memory is bounded").isLessThan(300);
    }

    @Test
    void aTopicThatIsReadAgainFromItsBeginningIsDroppedUpToTheLastHandled() {
        int handled = Sequencer.REMEMBERED + 200;
        for (long i = 1; i <= handled; i++) {
            accept(i);
        }
        sequencer = open(1);
        for (long i = 1; i <= handled; i++) {
            assertThat(acceptAt(i - 1, i, "event " + i)).isFalse();
        }
        assertThat(accept(handled + 1L)).isTrue();
        assertThat(acceptAt(handled, 1, "event 1")).as("up to the newest").isFalse();
        assertStops(() -> acceptAt(handled + 1L, 1, "event 1"), "too long ago");
    }

    @Test
    void otherContentThanWasHandledStopsTheLaneWhereverItStands() {
        for (long i = 1; i <= 100; i++) {
            accept(i);
        }
        assertStops(() -> acceptAt(49, 50, "written after the topic lost its end"), "other content");
    }

    @Test
    void everythingSurvivesARestartAtAnySequence() {
        for (long i = 1; i <= 300; i++) {
            accept(i);
            sequencer = open(1);
            assertThat(sequencer.next()).isEqualTo(i + 1);
            assertThat(sequencer.lastEndsTransaction()).isEqualTo(i % 2 == 0);
            assertThat(accept(Math.max(1, i - 40))).isFalse();
        }
        assertStops(() -> accept(270, "other"), "other content");
    }

    @Test
    void aLaneThatBeginsInTheMiddleOfABlockRemembersFromThere() {
        sequencer = open(50);
        for (long i = 50; i <= 120; i++) {
            accept(i);
        }
        sequencer = open(50);
        for (long i = 50; i <= 120; i++) {
            assertThat(accept(i)).isFalse();
        }
        assertStops(() -> accept(49), "too long ago");
    }

    @Test
    void anotherIncarnationsRecordStopsTheLaneByName() {
        Source other =
                new Source("incarnation-2", "test", "db", 1, Events.source(1).position(), 0, false);
        assertStops(
                () -> sequencer.accepts(other, true, null, new byte[0], place(9)),
                "incarnation-2",
                "incarnation-1",
                "offset 9");
    }

    @Test
    void theKeyBelongsToTheContent() {
        byte[] key = ByteBuffer.allocate(4).putInt(1).array();
        sequencer.accepts(Events.source(1), true, key, new byte[] {1}, place(1));
        assertStops(() -> sequencer.accepts(Events.source(1), true, null, new byte[] {1}, place(2)), "other content");
    }

    @Test
    void aStateOfAnotherVersionIsRefusedByName() {
        state.put(new byte[] {'S'}, new byte[] {9});
        assertStops(() -> open(1), "version 9");
    }
}
