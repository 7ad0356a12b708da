package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.progress.Backfill;
import dev.sluice.schemas.progress.SnapshotProgress;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads tables again by signal: their snapshots begin anew, under the signal's id and condition, in the Kafka transaction that marks the signal as handled. When
 * the last of them has been read to its end, {@code REFRESHED} says so in every lane, behind their rows. A condition that fails on a row ends the whole backfill; then
 * the answer says why, and what was read by then stays.
 */
final class Backfills {
    private static final Logger log = LoggerFactory.getLogger(Backfills.class);

    private final ChangeSource source;
    private final Lanes lanes;
    private final Snapshots snapshots;
    private final Outbox outbox;
    /** Why, by signal: backfills that cannot go on, until that is said. */
    private final Map<String, String> broken = new LinkedHashMap<>();

    /** @param known the progress of the publisher before */
    Backfills(
            ChangeSource source, Lanes lanes, Snapshots snapshots, Outbox outbox, Collection<SnapshotProgress> known) {
        this.source = source;
        this.lanes = lanes;
        this.snapshots = snapshots;
        this.outbox = outbox;
        known.stream().filter(table -> snapshots.of(table.table()).isEmpty()).forEach(this::breakOff);
    }

    /** Of a table that is not captured any more; as long as others are read for the same signal, their end is the answer. */
    private void breakOff(SnapshotProgress gone) {
        Backfill backfill = gone.backfill();
        if (backfill == null || gone.done()) {
            return;
        }
        if (snapshots.underWayFor(backfill.signal()).isEmpty()) {
            broken.put(backfill.signal(), "table " + gone.table() + " is not captured any more");
        }
    }

    /** Whether something is to be said at the next end of the source. */
    boolean waitForTheEnd() {
        return !broken.isEmpty();
    }

    /** The table to be read next, for the first time or again. */
    Optional<SnapshotProgress> next() {
        return snapshots.next(table -> {
            Backfill backfill = table.backfill();
            return backfill == null || !broken.containsKey(backfill.signal());
        });
    }

    /** Why a backfill cannot begin now; null when it can. */
    @Nullable
    String refusal(Signal signal) {
        for (TableId table : signal.tables()) {
            String refusal = refusal(table);
            if (refusal != null) {
                return refusal;
            }
        }
        return signal.where() == null ? null : refusal(signal.tables(), signal.where());
    }

    private @Nullable String refusal(TableId id) {
        SnapshotProgress table = snapshots.of(id).orElse(null);
        if (table == null) {
            return "table " + id + " is not captured";
        }
        if (table.done()) {
            return null;
        }
        Backfill backfill = table.backfill();
        return backfill == null
                ? "table " + id + " is still being read for the first time"
                : "table " + id + " is being read again already, for signal " + backfill.signal();
    }

    private @Nullable String refusal(List<TableId> tables, String condition) {
        if (!source.capabilities().conditionalSnapshot()) {
            return "a source of kind " + source.connector() + " cannot read under a condition";
        }
        try {
            tables.forEach(table -> source.requireCondition(table, condition));
            return null;
        } catch (SluiceException e) {
            if (e.kind() != ErrorKind.CONFIGURATION) {
                throw e;
            }
            return String.valueOf(e.getMessage());
        }
    }

    /**
     * Begins the snapshots anew, behind the truncates where the tables are to be emptied.
     *
     * @param asOf everything that the source committed before is published
     */
    void begin(Signal signal, Position position, Instant asOf) {
        if (signal.truncate()) {
            truncate(signal, position, asOf);
        }
        Backfill backfill = new Backfill(signal.id(), signal.where(), signal.truncate());
        signal.tables().forEach(table -> snapshots.restart(table, backfill));
        log.info("signal {} of {}: {} are read again", signal.id(), signal.by(), signal.tables());
    }

    /** Children before parents. */
    private void truncate(Signal signal, Position position, Instant asOf) {
        List<Table> tables = new ArrayList<>(
                source.tables().stream().map(CapturedTable::target).toList());
        Collections.reverse(tables);
        for (Table table : tables) {
            if (signal.tables().contains(table.id())) {
                SourceRecord empty = new SourceRecord.Row(table, Op.TRUNCATE, null, null, Set.of());
                String id = "truncate-" + table.id() + "-" + signal.id();
                lanes.part(new TransactionPart(id, asOf, List.of(empty), position, true), outbox::add);
            }
        }
    }

    /** A table has been read to its end: answers its signal when it was the last. */
    void ended(SnapshotProgress table, Position position, Instant readAt) {
        Backfill backfill = table.backfill();
        if (backfill != null && snapshots.underWayFor(backfill.signal()).isEmpty()) {
            answer(backfill.signal(), Map.of(), position, readAt);
        }
    }

    /** The condition failed on a row of the table. */
    void failed(Backfill backfill, String why) {
        log.warn("the backfill of signal {} ends: {}", backfill.signal(), why);
        broken.put(backfill.signal(), why);
    }

    /** Says what has ended before its time. Everything that the source committed before {@code asOf} is published. */
    void complete(Position position, Instant asOf) {
        broken.forEach((signal, why) -> {
            for (SnapshotProgress table : snapshots.underWayFor(signal)) {
                snapshots.giveUp(table.table());
                if (table.cursor() != null) {
                    lanes.control(Publication.end(table), position, asOf, outbox::add);
                }
            }
            answer(signal, Map.of(Control.REFUSED, why), position, asOf);
        });
        broken.clear();
    }

    private void answer(String signal, Map<String, String> attributes, Position position, Instant asOf) {
        lanes.control(new Notice(Control.Kind.REFRESHED, signal, null, attributes), position, asOf, outbox::add);
        log.info("signal {} is answered", signal);
    }
}
