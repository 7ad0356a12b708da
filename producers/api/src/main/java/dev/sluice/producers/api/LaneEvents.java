package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.relational.TableId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Turns what a source gives into the events of a lane: the next sequence for each, and its place in its transaction.
 *
 * <p>A transaction may come in parts; its orders go on over them. When the publisher starts again inside a transaction, {@code total_order} goes on
 * exactly, and {@code data_collection_order} goes on from {@code total_order}: it stays ascending and unique but has a hole there.
 */
final class LaneEvents {
    private final PublisherSettings settings;
    private final String connector;
    private final String database;
    private final InstantSource clock;
    private final Map<TableId, Long> collectionOrders = new HashMap<>();
    private long nextSequence;
    private long transactionOrder;
    /** Where the order within a table begins: behind the events of an earlier run. */
    private long resumedOrder;

    LaneEvents(
            PublisherSettings settings,
            ChangeSource source,
            InstantSource clock,
            long nextSequence,
            long transactionOrder) {
        this.settings = settings;
        this.connector = source.connector();
        this.database = source.database();
        this.clock = clock;
        this.nextSequence = nextSequence;
        this.transactionOrder = transactionOrder;
        this.resumedOrder = transactionOrder;
    }

    long nextSequence() {
        return nextSequence;
    }

    /** Events already given of a transaction that goes on; 0 between transactions. */
    long transactionOrder() {
        return transactionOrder;
    }

    void part(TransactionPart part, Consumer<Event> events) {
        part(part, part.records(), events);
    }

    /** @param records those of the part that belong to the lane */
    void part(TransactionPart part, List<SourceRecord> records, Consumer<Event> events) {
        records(records, new Block(part.id(), part.end(), part.committedAt(), false, part.last()), events);
    }

    /** A chunk is a transaction of its own, read at one position. */
    void chunk(SnapshotChunk chunk, Consumer<Event> events) {
        String id = "snapshot-" + nextSequence;
        records(chunk.records(), new Block(id, chunk.position(), chunk.readAt(), true, true), events);
    }

    /** A control event is a transaction of its own, and ends one whose rest has no records in the lane. */
    Event control(Notice notice, Position position, Instant instant) {
        Block block = new Block("control-" + nextSequence, position, instant, false, true);
        Transaction transaction = new Transaction(block.id, 1, 1, true);
        end();
        return new Control(
                notice.kind(),
                notice.signal(),
                notice.table(),
                notice.attributes(),
                source(block),
                transaction,
                clock.millis());
    }

    private void records(List<SourceRecord> records, Block block, Consumer<Event> events) {
        long published = clock.millis();
        int left = records.size();
        for (SourceRecord sourceRecord : records) {
            left--;
            transactionOrder++;
            long collectionOrder =
                    collectionOrders.merge(sourceRecord.tableId(), resumedOrder + 1, (now, first) -> now + 1);
            boolean last = block.last && left == 0;
            Transaction transaction = new Transaction(block.id, transactionOrder, collectionOrder, last);
            events.accept(event(sourceRecord, source(block), transaction, published));
        }
        if (block.last) {
            end();
        }
    }

    private void end() {
        transactionOrder = 0;
        resumedOrder = 0;
        collectionOrders.clear();
    }

    private static Event event(SourceRecord sourceRecord, Source source, Transaction transaction, long published) {
        if (sourceRecord instanceof SourceRecord.Refused refused) {
            return new Rejected(
                    refused.tableId(),
                    refused.op(),
                    refused.key(),
                    refused.column(),
                    refused.reason(),
                    refused.message(),
                    refused.raw(),
                    refused.rawFormat(),
                    source,
                    transaction,
                    published);
        }
        SourceRecord.Row row = (SourceRecord.Row) sourceRecord;
        Change change = new Change(
                row.table(),
                row.op(),
                row.before(),
                row.after(),
                row.unchanged(),
                source,
                transaction,
                published,
                row.transformed());
        return row.op() != Op.TRUNCATE && Rejections.hasNullKey(change) ? Rejections.nullKey(change) : change;
    }

    private Source source(Block block) {
        return new Source(
                settings.pipelineId(),
                connector,
                database,
                nextSequence++,
                block.position,
                block.committedAt.toEpochMilli(),
                block.snapshot);
    }

    /** What the records of a part or chunk share. */
    private record Block(String id, Position position, Instant committedAt, boolean snapshot, boolean last) {}
}
