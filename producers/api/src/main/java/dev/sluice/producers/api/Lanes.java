package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.progress.LaneProgress;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.TableId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Brings what a source gives into the lanes of its tables. Each lane's records come in the lane's order; between lanes there is none.
 *
 * <p>A transaction ends in each lane with its last event there. Only the last part of one that comes in parts says that it ends; a lane that has events of
 * earlier parts and none of this one is told by a heartbeat.
 */
final class Lanes {
    private final SortedMap<String, Lane> lanes;
    private final Map<TableId, Lane> laneOf;

    private Lanes(SortedMap<String, Lane> lanes, Map<TableId, Lane> laneOf) {
        this.lanes = lanes;
        this.laneOf = laneOf;
    }

    /**
     * The lanes of {@code start}, each going on where it stands; registers the schemas of the source's tables.
     *
     * @param start has passed {@link LaneStart}, so every captured table has its lane
     */
    static Lanes resume(
            PublisherSettings settings,
            ChangeSource source,
            SchemaRegistry registry,
            InstantSource clock,
            ProducerProgress start) {
        Topics topics = new Topics(settings.pipeline());
        SortedMap<String, Lane> lanes = new TreeMap<>();
        start.lanes().forEach((name, at) -> {
            String topic = topics.changes(name);
            EventWriter writer = new EventWriter(settings.pipeline(), topic, registry);
            lanes.put(
                    name,
                    new Lane(
                            new LaneEvents(settings, source, clock, at.nextSequence(), at.transactionOrder()),
                            new RecordEncoder(topic, writer, settings.bounds().maxRecordBytes())));
        });
        Map<TableId, Lane> laneOf = new HashMap<>();
        for (CapturedTable table : source.tables()) {
            TableId id = table.target().id();
            String name = settings.lanes().laneOf(id).orElseThrow();
            Lane lane = lanes.get(name);
            if (lane == null) {
                throw new IllegalArgumentException("table " + id + " is in lane " + name + ", which is not written");
            }
            lane.carries(table);
            laneOf.put(id, lane);
        }
        return new Lanes(lanes, laneOf);
    }

    SortedMap<String, LaneProgress> progress() {
        SortedMap<String, LaneProgress> progress = new TreeMap<>();
        lanes.forEach((name, lane) -> progress.put(name, lane.progress()));
        return progress;
    }

    Map<String, Long> nextSequences() {
        Map<String, Long> next = new TreeMap<>();
        lanes.forEach((name, lane) -> next.put(name, lane.events().nextSequence()));
        return next;
    }

    /** Whether some lane has events of a transaction that goes on. */
    boolean isInsideTransaction() {
        return lanes.values().stream().anyMatch(lane -> lane.events().transactionOrder() != 0);
    }

    void part(TransactionPart part, Consumer<RecordEncoder.Encoded> records) {
        if (lanes.size() == 1) {
            Lane only = lanes.values().iterator().next();
            only.events().part(part, event -> records.accept(only.encode(event)));
            return;
        }
        Map<Lane, List<SourceRecord>> byLane = new LinkedHashMap<>();
        for (SourceRecord next : part.records()) {
            byLane.computeIfAbsent(laneOf(next.tableId()), lane -> new ArrayList<>())
                    .add(next);
        }
        byLane.forEach((lane, own) -> lane.events().part(part, own, event -> records.accept(lane.encode(event))));
        if (part.last()) {
            List<Lane> open = lanes.values().stream()
                    .filter(lane -> lane.events().transactionOrder() != 0)
                    .toList();
            control(open, Notice.HEARTBEAT, part.end(), part.committedAt(), records);
        }
    }

    void chunk(TableId table, SnapshotChunk chunk, Consumer<RecordEncoder.Encoded> records) {
        Lane lane = laneOf(table);
        lane.events().chunk(chunk, event -> records.accept(lane.encode(event)));
    }

    /** In the lane of the notice's table, in every lane when it names none; ends whatever is open there. */
    void control(Notice notice, Position position, Instant asOf, Consumer<RecordEncoder.Encoded> records) {
        TableId table = notice.table();
        control(table == null ? lanes.values() : List.of(laneOf(table)), notice, position, asOf, records);
    }

    private static void control(
            Collection<Lane> lanes,
            Notice notice,
            Position position,
            Instant asOf,
            Consumer<RecordEncoder.Encoded> records) {
        for (Lane lane : lanes) {
            records.accept(lane.encode(lane.events().control(notice, position, asOf)));
        }
    }

    private Lane laneOf(TableId table) {
        Lane lane = laneOf.get(table);
        if (lane == null) {
            throw new IllegalArgumentException("table " + table + " is not captured");
        }
        return lane;
    }
}
