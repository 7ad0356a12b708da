package dev.sluice.sinks.postgresql.ordered;

import dev.sluice.runtime.SluiceException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a lane's records into batches of whole source transactions and checks that nothing is missing: own records count up by one, releases stand under
 * the sequence of the newest own record, and every record is of one incarnation. What is applied as one is never cut. A batch ends behind a compare event, so that what the target holds then is what it is about. Pure.
 */
final class BatchAssembler {
    private int mostRows;
    private final long mostBytes;
    private final Density density;
    private final Deque<OrderedRecord> records = new ArrayDeque<>();
    private long bytes;
    private int boundaries;
    private int runs;
    /** A compare event was taken, and not yet the end of its transaction. */
    private boolean compares;

    /** @param next the sequence that the next own record must have */
    BatchAssembler(String lane, String pipelineId, long next, int mostRows, long mostBytes) {
        this.density = new Density(lane, pipelineId, next);
        this.mostRows = mostRows;
        this.mostBytes = mostBytes;
    }

    /** Of the batches from now on. */
    void limit(int rows) {
        mostRows = rows;
    }

    /** @throws SluiceException when the record cannot follow the ones before */
    void add(OrderedRecord incoming) {
        density.check(incoming.header(), incoming.event(), incoming.offset());
        records.add(incoming);
        bytes += incoming.bytes();
        boundaries += incoming.endsTransaction() ? 1 : 0;
        runs += incoming.endsRun() ? 1 : 0;
    }

    /** Whether a whole source transaction is there. */
    boolean hasTransaction() {
        return boundaries > 0;
    }

    boolean isEmpty() {
        return records.isEmpty();
    }

    /** Whether there is no room for more, but for the rest of what is applied as one. */
    boolean isFull() {
        return runs > 0 && (records.size() >= mostRows || bytes >= mostBytes);
    }

    /**
     * As many whole transactions as fit; when not even one fits, as many records as fit, preferably no group of records cut that was decided together, and never
     * one that is applied as one: such a one may be larger than a batch. None behind a compare event. The end of a run must be there.
     */
    Batch take() {
        return take(isFull());
    }

    /** @param full whether more records are waiting, as far as anybody knows */
    Batch take(boolean full) {
        int fitting = 0;
        int wholeTransactions = 0;
        int wholeGroups = 0;
        int wholeRuns = 0;
        long size = 0;
        boolean ends = false;
        boolean comparesNow = compares;
        for (OrderedRecord candidate : records) {
            if (ends || (wholeRuns > 0 && (fitting >= mostRows || size + candidate.bytes() > mostBytes))) {
                break;
            }
            fitting++;
            size += candidate.bytes();
            wholeTransactions = candidate.endsTransaction() ? fitting : wholeTransactions;
            wholeGroups = candidate.endsGroup() ? fitting : wholeGroups;
            wholeRuns = candidate.endsRun() ? fitting : wholeRuns;
            comparesNow |= candidate.compares();
            ends = comparesNow && candidate.endsTransaction();
        }
        if (wholeTransactions > 0) {
            return remove(wholeTransactions, true, full || (ends && wholeTransactions < records.size()));
        }
        return remove(wholeGroups > 0 ? wholeGroups : wholeRuns, false, full);
    }

    private Batch remove(int count, boolean complete, boolean full) {
        List<OrderedRecord> taken = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            OrderedRecord first = records.remove();
            bytes -= first.bytes();
            boundaries -= first.endsTransaction() ? 1 : 0;
            runs -= first.endsRun() ? 1 : 0;
            compares = (compares || first.compares()) && !first.endsTransaction();
            taken.add(first);
        }
        return new Batch(taken, complete, full);
    }
}
