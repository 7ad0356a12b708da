package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.ordered.OrderedRecord;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Records of a batch, sorted by what becomes of them. What {@link Loader} has brought into the target before is known to it. Not thread-safe. */
public final class PreparedBatch {
    private final RowBatch rows;
    private final List<DeadLetter> unreadable = new ArrayList<>();
    private final WaitingRows waiting = new WaitingRows();
    private final TablePhases phases = new TablePhases();
    private final LoadCandidates candidates;
    private final BitSet loaded = new BitSet();

    private PreparedBatch(BoundTables tables, Collection<TableId> loading) {
        this.rows = new RowBatch(tables::bind);
        this.candidates = new LoadCandidates(loading);
    }

    static PreparedBatch of(List<OrderedRecord> records, BoundTables tables, Collection<TableId> loading) {
        PreparedBatch batch = new PreparedBatch(tables, loading);
        records.forEach(incoming -> batch.add(incoming.header(), incoming.event()));
        return batch;
    }

    private void add(OrderedHeader header, Event event) {
        if (event instanceof Change change) {
            waiting.add(header, change);
            int before = rows.written().size();
            rows.add(header, change);
            if (rows.written().size() > before) {
                candidates.add(header, rows.written().get(before), before);
            }
            phases.add(header, change);
        } else if (event instanceof Control control) {
            phases.add(control);
            addBoundary(control);
        } else if (event instanceof Rejected refused) {
            unreadable.add(DeadLetter.of(refused, header.sequence()));
            phases.add(refused);
        }
    }

    private void addBoundary(Control control) {
        TableId table = control.table();
        if (table != null && control.kind() == Control.Kind.SNAPSHOT_BEGIN) {
            candidates.begin(table);
        } else if (table != null && control.kind() == Control.Kind.SNAPSHOT_END) {
            candidates.end(table);
        }
    }

    RowBatch rows() {
        return rows;
    }

    List<DeadLetter> unreadable() {
        return unreadable;
    }

    WaitingRows waiting() {
        return waiting;
    }

    TablePhases phases() {
        return phases;
    }

    /** Tables whose snapshot begins in it, perhaps again. */
    public Set<TableId> begun() {
        return candidates.begun();
    }

    /** Tables whose snapshot ends in it. */
    public Set<TableId> ended() {
        return candidates.ended();
    }

    /** Tables whose snapshot is under way behind it. */
    public Set<TableId> loading() {
        return candidates.loading();
    }

    /** Indexes into {@code rows().written()} by table. */
    Map<BoundTable, List<Integer>> loadable() {
        return candidates.of(rows.written());
    }

    void loaded(Collection<Integer> indexes) {
        indexes.forEach(loaded::set);
    }

    /** Forgets what was loaded, before another try. */
    void clearLoaded() {
        loaded.clear();
    }

    /** Changes that are in the target already. */
    List<RowChange> loaded() {
        return loaded.isEmpty()
                ? List.of()
                : loaded.stream().mapToObj(rows.written()::get).toList();
    }

    /** The other ones, in order. */
    List<RowChange> left() {
        if (loaded.isEmpty()) {
            return rows.written();
        }
        List<RowChange> left = new ArrayList<>();
        for (int i = loaded.nextClearBit(0); i < rows.written().size(); i = loaded.nextClearBit(i + 1)) {
            left.add(rows.written().get(i));
        }
        return left;
    }
}
