package dev.sluice.sinks.postgresql.ordered;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BatchAssemblerTest {
    private final BatchAssembler assembler = new BatchAssembler("t.ordered.main", "id", 1, 4, 1_000);
    private long offset;

    private OrderedRecord own(long sequence, boolean last, boolean more) {
        return incoming(sequence, sequence, last, more, "id", 10);
    }

    private OrderedRecord incoming(
            long sequence, long origin, boolean last, boolean more, String pipelineId, int bytes) {
        Source source = new Source(pipelineId, "test", "test", origin, Position.of(new byte[] {1}), 0, false);
        Control event =
                new Control(Control.Kind.HEARTBEAT, null, null, Map.of(), source, new Transaction("t", 1, 1, last), 0);
        return new OrderedRecord(
                new OrderedHeader(Outcome.CONTROL, last, more, false, sequence, origin, null), event, offset++, bytes);
    }

    @Test
    void aBatchIsAsManyWholeTransactionsAsAreThere() {
        assembler.add(own(1, true, false));
        assembler.add(own(2, false, false));
        assertThat(assembler.hasTransaction()).isTrue();
        assertThat(assembler.take()).satisfies(batch -> {
            assertThat(batch.records()).hasSize(1);
            assertThat(batch.complete()).isTrue();
            assertThat(batch.full()).isFalse();
        });
        assertThat(assembler.hasTransaction()).isFalse();
        assembler.add(own(3, true, false));
        assertThat(assembler.take().records()).hasSize(2);
    }

    @Test
    void aBatchDoesNotEndBeforeTheReleasesThatWereDecidedTogether() {
        assembler.add(own(1, true, false));
        assembler.add(own(2, true, true));
        assertThat(assembler.take().end("id").sequence()).isEqualTo(1);
        assertThat(assembler.hasTransaction()).isFalse();
        assembler.add(incoming(2, 1, true, false, "id", 10));
        assertThat(assembler.take().records()).hasSize(2);
    }

    @Test
    void aTransactionLargerThanABatchComesInPiecesThatKeepGroupsTogether() {
        for (long sequence = 1; sequence <= 3; sequence++) {
            assembler.add(own(sequence, false, false));
        }
        assembler.add(own(4, false, true));
        assembler.add(own(5, false, false));
        assembler.add(own(6, true, false));
        assertThat(assembler.isFull()).isTrue();
        assertThat(assembler.take()).satisfies(piece -> {
            assertThat(piece.records()).hasSize(3);
            assertThat(piece.complete()).isFalse();
        });
        assertThat(assembler.take()).satisfies(rest -> {
            assertThat(rest.records()).hasSize(3);
            assertThat(rest.complete()).isTrue();
        });
    }

    private OrderedRecord together(long sequence, boolean more) {
        OrderedRecord like = incoming(sequence, sequence, true, more, "id", 10);
        OrderedHeader header =
                new OrderedHeader(Outcome.APPLY, true, more, false, sequence, sequence, null, true, more);
        return new OrderedRecord(header, like.event(), like.offset(), like.bytes());
    }

    @Test
    void whatIsAppliedAsOneIsNeverCutAndIsWaitedFor() {
        assembler.add(own(1, false, true));
        for (int i = 0; i < 6; i++) {
            assembler.add(together(1, true));
        }
        assertThat(assembler.take().records()).as("what stands before it").hasSize(1);
        assertThat(assembler.isFull()).as("its end is not there").isFalse();
        assembler.add(together(1, false));
        assembler.add(own(2, false, false));
        assertThat(assembler.isFull()).isTrue();
        assertThat(assembler.take()).satisfies(run -> {
            assertThat(run.records()).hasSize(7);
            assertThat(run.complete()).isTrue();
        });
        assertThat(assembler.isFull()).isFalse();
    }

    @Test
    void aReleaseOfTheNewestEventItselfStandsUnderItsSequence() {
        assembler.add(own(1, true, true));
        assembler.add(together(1, false));
        assembler.add(own(2, true, false));
        assertThat(assembler.take().records()).hasSize(3);
    }

    private OrderedRecord question(long sequence, boolean more) {
        OrderedRecord like = own(sequence, true, more);
        Control event = (Control) like.event();
        return new OrderedRecord(
                like.header(),
                new Control(Control.Kind.COMPARE, "s", null, Map.of(), event.source(), event.transaction(), 0),
                like.offset(),
                like.bytes());
    }

    @Test
    void aBatchEndsBehindACompareEvent() {
        assembler.add(own(1, true, false));
        assembler.add(question(2, false));
        assembler.add(own(3, true, false));
        assertThat(assembler.take()).satisfies(batch -> {
            assertThat(batch.records()).hasSize(2);
            assertThat(batch.complete()).isTrue();
            assertThat(batch.full()).as("more records are waiting").isTrue();
        });
        assembler.add(question(4, false));
        assertThat(assembler.take()).satisfies(batch -> {
            assertThat(batch.records()).hasSize(2);
            assertThat(batch.full()).isFalse();
        });
    }

    @Test
    void whatWasDecidedTogetherWithACompareEventBelongsToItsBatchHoweverMuchThatIs() {
        assembler.add(own(1, true, false));
        assembler.take();
        assembler.add(question(2, true));
        for (int i = 0; i < 5; i++) {
            assembler.add(incoming(2, 1, true, true, "id", 10));
        }
        assertThat(assembler.take()).satisfies(piece -> {
            assertThat(piece.records()).hasSize(4);
            assertThat(piece.complete()).isFalse();
        });
        assembler.add(incoming(2, 1, true, false, "id", 10));
        assembler.add(own(3, true, false));
        assertThat(assembler.take()).satisfies(rest -> {
            assertThat(rest.records()).hasSize(3);
            assertThat(rest.complete()).isTrue();
        });
        assertThat(assembler.take().records()).hasSize(1);
    }

    @Test
    void bytesBoundABatchToo() {
        assembler.add(incoming(1, 1, true, false, "id", 600));
        assembler.add(incoming(2, 2, true, false, "id", 600));
        assertThat(assembler.isFull()).isTrue();
        assertThat(assembler.take().records()).hasSize(1);
        assertThat(assembler.take().records()).hasSize(1);
    }

    @Test
    void aRecordLargerThanABatchIsABatch() {
        assembler.add(incoming(1, 1, true, false, "id", 5_000));
        assertThat(assembler.take().records()).hasSize(1);
    }

    @Test
    void aMissingOrDoubledRecordIsNamed() {
        assembler.add(own(1, true, false));
        assertThatThrownBy(() -> assembler.add(own(3, true, false)))
                .hasMessageContaining("t.ordered.main holds at offset 1 sequence 3, expected 2");
        assertThatThrownBy(() -> assembler.add(own(1, true, false))).hasMessageContaining("sequence 1, expected 2");
    }

    @Test
    void aReleaseStandsUnderTheNewestOwnRecord() {
        assembler.add(own(1, true, false));
        assembler.add(own(2, true, false));
        assembler.add(incoming(2, 1, true, false, "id", 10));
        assertThatThrownBy(() -> assembler.add(incoming(3, 1, true, false, "id", 10)))
                .hasMessageContaining("sequence 3 (a release)");
    }

    @Test
    void anotherIncarnationIsRefused() {
        assertThatThrownBy(() -> assembler.add(incoming(1, 1, true, false, "other", 10)))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("pipeline id other, but the target was prepared for id");
    }
}
