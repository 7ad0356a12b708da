package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers signals, one after the other. A refresh is read in pieces, each published like a snapshot's chunk; one that was interrupted is read again from its
 * first key at the next start, which changes nothing. A drain is answered as soon as the source says that it has given everything. A backfill is only begun here, then
 * too; {@link Backfills} answers it, and other signals are handled meanwhile.
 */
final class Answers {
    private static final Logger log = LoggerFactory.getLogger(Answers.class);

    private final ChangeSource source;
    private final Lanes lanes;
    private final SignalReader signals;
    private final Outbox outbox;
    private final Backfills backfills;
    private final ReadSize readSize;
    private final Map<TableId, Table> tables = new HashMap<>();
    private @Nullable Asked current;

    Answers(ChangeSource source, Lanes lanes, SignalReader signals, Outbox outbox, Backfills backfills, long maxBytes) {
        this.source = source;
        this.lanes = lanes;
        this.signals = signals;
        this.outbox = outbox;
        this.backfills = backfills;
        this.readSize = new ReadSize(maxBytes);
        source.tables().forEach(table -> tables.put(table.target().id(), table.target()));
    }

    /** How pieces of an answer reach the log. */
    interface Road {
        /** Publishes the tail up to a chunk's position; false when the publisher was asked to stop before. */
        boolean tailTo(Position position, Instant asOf, BooleanSupplier stopping);

        /** Publishes a chunk behind it; how many bytes that is. */
        long chunk(TableId table, SnapshotChunk chunk);
    }

    /** Whether keys are to be read now. Never inside a transaction of the source, which the answer would end. */
    boolean areDue() {
        Asked asked = asked();
        return asked != null && asked.isReadable() && !lanes.isInsideTransaction();
    }

    /** Whether somebody waits for the present end of the source. */
    boolean waitForTheEnd() {
        Asked asked = asked();
        return asked != null && !asked.isReadable();
    }

    long offset() {
        return signals.offset();
    }

    /** Reads the keys that are due and publishes them, unless it is to stop in between. */
    void refresh(Road road, BooleanSupplier stopping) {
        Asked asked = asked();
        if (asked == null || asked.table == null) {
            return;
        }
        Instant readAt = read(asked.table, asked.keys, road, stopping);
        if (readAt != null) {
            Notice refreshed = new Notice(Control.Kind.REFRESHED, asked.signal.id(), asked.table.id(), Map.of());
            answer(asked, refreshed, source.position(), readAt);
        }
    }

    /** Everything that the source held when the signal was there is published: {@code asOf} was taken after. */
    void complete(Position position, Instant asOf) {
        Asked asked = asked();
        if (asked == null || asked.isReadable()) {
            return;
        }
        Signal signal = asked.signal;
        String refusal = signal.type() == Signal.Type.BACKFILL ? backfills.refusal(signal) : asked.refusal;
        if (refusal != null) {
            refuse(asked, refusal, position, asOf);
        } else if (signal.type() == Signal.Type.BACKFILL) {
            backfills.begin(signal, position, asOf);
            signals.handled();
        } else {
            answer(asked, new Notice(Control.Kind.DRAIN, signal.id(), null, Map.of()), position, asOf);
        }
    }

    private void refuse(Asked asked, String refusal, Position position, Instant asOf) {
        log.warn("signal {} of {} is refused: {}", asked.signal.id(), asked.signal.by(), refusal);
        TableId table = asked.table == null ? null : asked.table.id();
        Map<String, String> why = Map.of(Control.REFUSED, refusal);
        answer(asked, new Notice(Control.Kind.REFRESHED, asked.signal.id(), table, why), position, asOf);
    }

    private void answer(Asked asked, Notice answer, Position position, Instant asOf) {
        lanes.control(answer, position, asOf, outbox::add);
        signals.handled();
        log.info("signal {} of {} is answered", asked.signal.id(), asked.signal.by());
    }

    private @Nullable Asked asked() {
        Signal signal = signals.next();
        if (signal == null) {
            current = null;
        } else if (current == null || !current.signal.equals(signal)) {
            current = understood(signal);
        }
        return current;
    }

    private Asked understood(Signal signal) {
        if (signal.type() != Signal.Type.REFRESH) {
            return new Asked(signal, null, List.of(), null);
        }
        TableId id = signal.tables().get(0);
        Table table = tables.get(id);
        if (table == null) {
            return new Asked(signal, null, List.of(), "table " + id + " is not captured");
        }
        if (!source.capabilities().keyedRead()) {
            String why = "a source of kind " + source.connector() + " cannot read by key";
            return new Asked(signal, table, List.of(), why);
        }
        try {
            List<@Nullable Object[]> keys = new ArrayList<>();
            signal.keys().forEach(key -> keys.add(SignalKeys.parse(table, key)));
            return new Asked(signal, table, keys, null);
        } catch (IllegalArgumentException e) {
            return new Asked(signal, table, List.of(), String.valueOf(e.getMessage()));
        }
    }

    /**
     * A signal, understood.
     *
     * @param table of a refresh; null where it is not captured
     * @param refusal why it cannot be done; of a backfill that depends on what is read when it is to begin
     */
    private record Asked(
            Signal signal,
            @Nullable Table table,
            List<@Nullable Object[]> keys,
            @Nullable String refusal) {
        boolean isReadable() {
            return signal.type() == Signal.Type.REFRESH && refusal == null;
        }
    }

    /** When the last piece was read; null when it was to stop before. */
    private @Nullable Instant read(Table table, List<@Nullable Object[]> keys, Road road, BooleanSupplier stopping) {
        Instant readAt = null;
        for (int from = 0; from < keys.size(); ) {
            int to = Math.min(keys.size(), from + readSize.atMost(ChangeSource.MAX_KEYS));
            KeyedRead read = source.read(table.id(), keys.subList(from, to));
            if (!road.tailTo(read.position(), read.readAt(), stopping)) {
                return null;
            }
            long bytes =
                    road.chunk(table.id(), new SnapshotChunk(read.position(), read.readAt(), read.records(), null));
            readSize.read(read.records().size(), bytes);
            readAt = read.readAt();
            from += read.answered();
        }
        return readAt;
    }
}
