package dev.sluice.verification;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How far a comparison has come in one table: its row of {@code sluice.verified_tables}.
 *
 * @param ordinal its place in the comparison, which names the table of its keys
 * @param sourceCursor where the way through the source goes on; null at its beginning
 * @param targetCursor the last key of the way through the target, as text; null at its beginning
 * @param noted keys of the source that were noted
 * @param compared keys that were looked at; with every step of the way there are more, or another phase
 * @param firstPosition the source's position at the first row; null before
 * @param sequence the lane's newest applied one when the table was begun: everything up to there is compared
 */
@SuppressWarnings("ArrayRecordComponent") // a cursor is bytes
record TableState(
        Phase phase,
        int ordinal,
        byte @Nullable [] sourceCursor,
        String @Nullable [] targetCursor,
        long noted,
        long compared,
        long matched,
        long sourceRows,
        long targetRows,
        Checksum source,
        Checksum target,
        byte @Nullable [] firstPosition,
        boolean quiet,
        long sequence,
        long activeMillis) {
    /** The steps of a table, in their order. */
    enum Phase {
        PENDING,
        FORWARD,
        BACKWARD,
        SETTLING,
        DONE
    }

    /** What a step adds. */
    static final class Sum {
        long noted;
        long compared;
        long matched;
        long sourceRows;
        long targetRows;
        Checksum source = Checksum.ZERO;
        Checksum target = Checksum.ZERO;
        boolean quiet = true;
    }

    TableState plus(Sum sum, long millis) {
        return new TableState(
                phase,
                ordinal,
                sourceCursor,
                targetCursor,
                noted + sum.noted,
                compared + sum.compared,
                matched + sum.matched,
                sourceRows + sum.sourceRows,
                targetRows + sum.targetRows,
                source.plus(sum.source),
                target.plus(sum.target),
                firstPosition,
                quiet && sum.quiet,
                sequence,
                activeMillis + millis);
    }

    TableState in(Phase next) {
        return at(next, sourceCursor, targetCursor, firstPosition);
    }

    TableState at(
            Phase next, byte @Nullable [] nextSource, String @Nullable [] nextTarget, byte @Nullable [] position) {
        return new TableState(
                next,
                ordinal,
                nextSource,
                nextTarget,
                noted,
                compared,
                matched,
                sourceRows,
                targetRows,
                source,
                target,
                position,
                quiet,
                sequence,
                activeMillis);
    }

    /** Whether both are of the same step. */
    boolean isAt(TableState other) {
        return phase == other.phase
                && compared == other.compared
                && matched == other.matched
                && noted == other.noted
                && activeMillis == other.activeMillis
                && Arrays.equals(sourceCursor, other.sourceCursor)
                && Arrays.equals(targetCursor, other.targetCursor);
    }

    /** From its beginning, which everything up to a sequence has reached. */
    static TableState begun(int ordinal, long sequence) {
        return new TableState(
                Phase.FORWARD,
                ordinal,
                null,
                null,
                0,
                0,
                0,
                0,
                0,
                Checksum.ZERO,
                Checksum.ZERO,
                null,
                true,
                sequence,
                0);
    }
}
