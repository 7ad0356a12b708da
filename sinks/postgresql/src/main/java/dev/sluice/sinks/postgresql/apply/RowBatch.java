package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.relational.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What a batch's records say of rows: which are written, which need not be any more, and which are dead letters already. */
final class RowBatch {
    private final Function<Table, BoundTable> tables;
    private final List<RowChange> written = new ArrayList<>();
    private final List<RowChange> forgotten = new ArrayList<>();
    private final List<DeadLetter> quarantined = new ArrayList<>();
    private int runs;
    private boolean inRun;

    RowBatch(Function<Table, BoundTable> tables) {
        this.tables = tables;
    }

    void add(OrderedHeader header, Change change) {
        int run = run(header.together());
        switch (header.outcome()) {
            case APPLY, SET_NULL -> written.add(bound(header, change, false, run));
            case EVICT -> written.add(bound(header, change, true, run));
            case FORGET -> forgotten.add(bound(header, change, false, run));
            case QUARANTINE -> quarantined.add(orphan(header, bound(header, change, false, run)));
            case WAIT, STALE, HOLD, CONTROL -> {}
        }
    }

    /** The first record of a run that has the flag begins it, the first without it ends it. */
    private int run(boolean together) {
        if (together && !inRun) {
            runs++;
        }
        int run = together || inRun ? runs : RowChange.ALONE;
        inRun = together;
        return run;
    }

    private RowChange bound(OrderedHeader header, Change change, boolean evicts, int run) {
        boolean fresh = change.isUpsert() && change.source().snapshot() && !header.isRelease();
        return new RowChange(tables.apply(change.table()), change, header.sequence(), evicts, fresh, run);
    }

    private static DeadLetter orphan(OrderedHeader header, RowChange row) {
        String parent = header.reason() == null ? "" : ": " + ControlText.clean(header.reason());
        return DeadLetter.of(
                row,
                null,
                "orphan",
                "a parent of the row is missing, and its foreign key says on-orphan: quarantine" + parent);
    }

    /** In order; every run is whole. */
    List<RowChange> written() {
        return written;
    }

    List<RowChange> forgotten() {
        return forgotten;
    }

    List<DeadLetter> quarantined() {
        return quarantined;
    }
}
