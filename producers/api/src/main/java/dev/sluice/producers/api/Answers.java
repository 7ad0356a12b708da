package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Answers signals, one after the other. A refresh is read in pieces, each published like a snapshot's chunk; one that was interrupted is read again from its
 * first key at the next start, which changes nothing. A comparison is read in the same pieces, of which control events say what was found. A drain is answered as soon as the source says that it has given everything. A backfill is only begun here, then
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
    private final ComparedPieces pieces;
    private final Map<TableId, Table> tables = new HashMap<>();
    private @Nullable Asked current;

    Answers(
            ChangeSource source,
            Lanes lanes,
            SignalReader signals,
            Outbox outbox,
            Backfills backfills,
            PublisherSettings.Bounds bounds) {
        this.source = source;
        this.lanes = lanes;
        this.signals = signals;
        this.outbox = outbox;
        this.backfills = backfills;
        this.readSize = new ReadSize(bounds.maxBytesPerTransaction());
        this.pieces = new ComparedPieces(bounds.maxRecordBytes());
        source.tables().forEach(table -> tables.put(table.target().id(), table.target()));
    }

    /** How pieces of an answer reach the log. */
    interface Road {
        /** Publishes the tail up to a chunk's position; false when the publisher was asked to stop before. */
        boolean tailTo(Position position, Instant asOf, BooleanSupplier stopping);

        /** Publishes a chunk behind it; how many bytes that is. */
        long chunk(TableId table, SnapshotChunk chunk);

        /** Publishes a control event behind it. */
        void say(Notice notice, Position position, Instant asOf);
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

    /** Reads the keys that are due and publishes what is there, unless it is to stop in between. */
    void read(Road road, BooleanSupplier stopping) {
        Asked asked = asked();
        if (asked == null || asked.table == null) {
            return;
        }
        Table table = asked.table;
        for (int from = 0; from < asked.keys.size(); ) {
            int to = Math.min(asked.keys.size(), from + readSize.atMost(ChangeSource.MAX_KEYS));
            KeyedRead read = source.read(table.id(), asked.keys.subList(from, to));
            if (!road.tailTo(read.position(), read.readAt(), stopping)) {
                return;
            }
            List<@Nullable Object[]> answered = asked.keys.subList(from, from + read.answered());
            from += read.answered();
            boolean last = from == asked.keys.size();
            long bytes = asked.signal.type() == Signal.Type.COMPARE
                    ? compared(asked, table, answered, read, last, road)
                    : refreshed(asked, table, read, last, road);
            readSize.read(read.records().size(), bytes);
        }
    }

    private long refreshed(Asked asked, Table table, KeyedRead read, boolean last, Road road) {
        long bytes = road.chunk(table.id(), new SnapshotChunk(read.position(), read.readAt(), read.records(), null));
        if (last) {
            Notice refreshed = new Notice(Control.Kind.REFRESHED, asked.signal.id(), table.id(), Map.of());
            answer(asked, refreshed, source.position(), read.readAt());
        }
        return bytes;
    }

    private long compared(
            Asked asked, Table table, List<@Nullable Object[]> answered, KeyedRead read, boolean last, Road road) {
        List<Compared> found = pieces.of(table, answered, read.records());
        long bytes = 0;
        for (int i = 0; i < found.size(); i++) {
            Map<String, String> says = new HashMap<>(found.get(i).attributes());
            bytes += says.getOrDefault(Control.COMPARED, "").length();
            if (last && i == found.size() - 1) {
                says.put(Control.LAST, "true");
                answer(asked, compare(asked, table.id(), says), read.position(), read.readAt());
            } else {
                road.say(compare(asked, table.id(), says), read.position(), read.readAt());
            }
        }
        return bytes;
    }

    private static Notice compare(Asked asked, @Nullable TableId table, Map<String, String> says) {
        return new Notice(Control.Kind.COMPARE, asked.signal.id(), table, says);
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
        Notice refused = asked.signal.type() == Signal.Type.COMPARE
                ? compare(asked, table, Map.of(Control.REFUSED, refusal, Control.LAST, "true"))
                : new Notice(Control.Kind.REFRESHED, asked.signal.id(), table, Map.of(Control.REFUSED, refusal));
        answer(asked, refused, position, asOf);
    }

    private void answer(Asked asked, Notice answer, Position position, Instant asOf) {
        lanes.control(answer, position, asOf, outbox::add);
        signals.handled();
        // A comparison asks for the present again and again.
        Level level = asked.signal.type() == Signal.Type.REFRESH ? Level.INFO : Level.DEBUG;
        log.atLevel(level).log("signal {} of {} is answered", asked.signal.id(), asked.signal.by());
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
        if (!isAboutKeys(signal)) {
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
            return new Asked(signal, table, keys(signal, table), null);
        } catch (IllegalArgumentException e) {
            return new Asked(signal, table, List.of(), String.valueOf(e.getMessage()));
        }
    }

    /** No key twice for a comparison, which says of each key once what is there. */
    private List<@Nullable Object[]> keys(Signal signal, Table table) {
        List<@Nullable Object[]> keys = new ArrayList<>();
        signal.keys().forEach(key -> keys.add(KeyText.parse(table, key)));
        if (signal.type() != Signal.Type.COMPARE) {
            return keys;
        }
        Map<String, @Nullable Object[]> once = new LinkedHashMap<>();
        for (@Nullable Object[] key : keys) {
            pieces.requireRoom(table, key);
            once.putIfAbsent(ComparedPieces.sense(table, key), key);
        }
        return new ArrayList<>(once.values());
    }

    private static boolean isAboutKeys(Signal signal) {
        return signal.type() == Signal.Type.REFRESH || signal.type() == Signal.Type.COMPARE;
    }

    /**
     * A signal, understood.
     *
     * @param table of a refresh or a comparison; null where it is not captured
     * @param refusal why it cannot be done; of a backfill that depends on what is read when it is to begin
     */
    private record Asked(
            Signal signal,
            @Nullable Table table,
            List<@Nullable Object[]> keys,
            @Nullable String refusal) {
        boolean isReadable() {
            return isAboutKeys(signal) && refusal == null;
        }
    }
}
