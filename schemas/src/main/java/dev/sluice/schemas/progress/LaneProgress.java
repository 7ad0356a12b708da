package dev.sluice.schemas.progress;

import dev.sluice.schemas.relational.TableId;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How far a lane has come.
 *
 * @param nextSequence of its next event
 * @param transactionOrder its events already published of a source transaction that is still open at the producer's position; 0 on a boundary, and where the
 *     open transaction has no event yet
 * @param tables that it carries; empty when a Sluice wrote it that knew one lane only
 */
public record LaneProgress(long nextSequence, long transactionOrder, SortedSet<TableId> tables) {
    public LaneProgress {
        tables = Collections.unmodifiableSortedSet(new TreeSet<>(tables));
    }
}
