package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.ACCOUNTS;
import static dev.sluice.producers.api.ContractTables.NOTES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.Capabilities.Transactions;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.event.Transaction;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LaneEventsTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final Position POSITION = ListStore.position(3, 0);

    private final List<Event> events = new ArrayList<>();

    @Test
    void sequencesGoOnWithoutAGapOverPartsChunksAndControls() {
        LaneEvents lane = lane(41, 0);
        lane.part(part(true, note("a"), note("b")), events::add);
        events.add(lane.control(Notice.HEARTBEAT, POSITION, NOW));
        lane.chunk(new SnapshotChunk(POSITION, NOW, List.of(account(1)), null), events::add);
        assertThat(events).extracting(event -> event.source().sequence()).containsExactly(41L, 42L, 43L, 44L);
        assertThat(lane.nextSequence()).isEqualTo(45);
        assertThat(events).extracting(event -> event.source().snapshot()).containsExactly(false, false, false, true);
        assertThat(events).allSatisfy(event -> {
            assertThat(event.source().pipelineId()).isEqualTo("id-1");
            assertThat(event.source().commitMillis()).isEqualTo(NOW.toEpochMilli());
        });
    }

    @Test
    void ordersGoOnOverThePartsOfATransactionAndOnlyItsLastEventIsLast() {
        LaneEvents lane = lane(1, 0);
        lane.part(part(false, note("a"), account(1)), events::add);
        assertThat(lane.transactionOrder()).isEqualTo(2);
        lane.part(part(true, note("b"), note("c")), events::add);
        assertThat(lane.transactionOrder()).isZero();
        lane.part(part(true, note("d")), events::add);
        assertThat(transactions())
                .containsExactly(
                        new Transaction("t", 1, 1, false),
                        new Transaction("t", 2, 1, false),
                        new Transaction("t", 3, 2, false),
                        new Transaction("t", 4, 3, true),
                        new Transaction("t", 1, 1, true));
    }

    @Test
    void aRestartInsideATransactionContinuesItsOrderAndLeavesAHoleInTheTablesOrder() {
        LaneEvents lane = lane(11, 10);
        lane.part(part(false, note("a")), events::add);
        lane.part(part(true, account(1), note("b")), events::add);
        lane.part(part(true, note("c")), events::add);
        assertThat(transactions())
                .containsExactly(
                        new Transaction("t", 11, 11, false),
                        new Transaction("t", 12, 11, false),
                        new Transaction("t", 13, 12, true),
                        new Transaction("t", 1, 1, true));
    }

    @Test
    void aControlEventEndsATransactionWhoseRestHasNoRecords() {
        LaneEvents lane = lane(11, 10);
        lane.part(part(false, note("a")), events::add);
        events.add(lane.control(Notice.HEARTBEAT, POSITION, NOW));
        assertThat(lane.transactionOrder()).isZero();
        lane.part(part(true, note("b")), events::add);
        assertThat(transactions())
                .containsExactly(
                        new Transaction("t", 11, 11, false),
                        new Transaction("control-12", 1, 1, true),
                        new Transaction("t", 1, 1, true));
    }

    @Test
    void anEmptyChunkHasNoEvents() {
        LaneEvents lane = lane(5, 0);
        lane.chunk(new SnapshotChunk(POSITION, NOW, List.of(), null), events::add);
        assertThat(events).isEmpty();
        assertThat(lane.nextSequence()).isEqualTo(5);
    }

    @Test
    void aRefusedRecordHoldsItsPlace() {
        LaneEvents lane = lane(1, 0);
        SourceRecord refused = new SourceRecord.Refused(
                NOTES.id(), Op.UPDATE, "[\"x\"]", "body", "nul-character", "no NUL", new byte[] {1}, "list/1");
        lane.part(part(true, note("a"), refused, note("b")), events::add);
        assertThat(events.get(1)).isInstanceOfSatisfying(Rejected.class, rejected -> {
            assertThat(rejected.reason()).isEqualTo("nul-character");
            assertThat(rejected.source().sequence()).isEqualTo(2);
            assertThat(rejected.transaction()).isEqualTo(new Transaction("t", 2, 2, false));
        });
    }

    @Test
    void aRowOrADeleteWithoutAKeyIsRejected() {
        LaneEvents lane = lane(1, 0);
        SourceRecord row = SourceRecord.Row.upsert(NOTES, Op.CREATE, new Object[] {null, "the body"});
        SourceRecord delete = SourceRecord.Row.delete(NOTES, new Object[] {null, null});
        lane.part(part(true, row, delete), events::add);
        assertThat(events).allSatisfy(event -> assertThat(event).isInstanceOf(Rejected.class));
        Rejected rejected = (Rejected) events.get(0);
        assertThat(rejected.reason()).isEqualTo("null-key");
        assertThat(rejected.column()).isEqualTo("id");
        assertThat(rejected.key()).isEqualTo("[null]");
        assertThat(new String(rejected.raw(), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("{\"id\":null,\"body\":\"the body\"}");
        assertThat(rejected.message()).contains("id", "public.notes").doesNotContain("the body");
        assertThat(((Rejected) events.get(1)).op()).isEqualTo(Op.DELETE);
    }

    private List<Transaction> transactions() {
        return events.stream().map(Event::transaction).toList();
    }

    private static LaneEvents lane(long nextSequence, long transactionOrder) {
        ListStore store = new ListStore(InstantSource.fixed(NOW), ContractTables.captured());
        ListSource source = new ListSource(store, Transactions.EXACT, InstantSource.fixed(NOW));
        return new LaneEvents(
                PublisherSettings.of("shop", "id-1"), source, InstantSource.fixed(NOW), nextSequence, transactionOrder);
    }

    private static TransactionPart part(boolean last, SourceRecord... records) {
        return new TransactionPart("t", NOW, List.of(records), POSITION, last);
    }

    private static SourceRecord note(String id) {
        return SourceRecord.Row.upsert(NOTES, Op.CREATE, new Object[] {id, "body"});
    }

    private static SourceRecord account(long id) {
        return SourceRecord.Row.upsert(ACCOUNTS, Op.CREATE, new Object[] {id, "owner", 1L});
    }
}
