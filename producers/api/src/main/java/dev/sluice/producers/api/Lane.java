package dev.sluice.producers.api;

import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.progress.LaneProgress;
import dev.sluice.schemas.relational.TableId;
import java.util.Set;
import java.util.TreeSet;

/** A lane that is being written: its tables, its events in their order, and their records. */
final class Lane {
    private final LaneEvents events;
    private final RecordEncoder encoder;
    private final Set<TableId> tables = new TreeSet<>();

    Lane(LaneEvents events, RecordEncoder encoder) {
        this.events = events;
        this.encoder = encoder;
    }

    void carries(CapturedTable table) {
        tables.add(table.target().id());
        encoder.register(table.target());
    }

    LaneEvents events() {
        return events;
    }

    RecordEncoder.Encoded encode(Event event) {
        return encoder.encode(event);
    }

    LaneProgress progress() {
        return new LaneProgress(events.nextSequence(), events.transactionOrder(), new TreeSet<>(tables));
    }
}
