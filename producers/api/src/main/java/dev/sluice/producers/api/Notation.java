package dev.sluice.producers.api;

import org.jspecify.annotations.Nullable;

/**
 * How a source writes the values of one table. Comparisons bring what the target holds back into the source's notation with it and look whether that is what the source holds: a defect of a conversion, which made the same
 * mistake with every row, cannot agree with itself then. So an implementation shares no code with the conversion that it checks.
 */
public interface Notation {
    /** Says nothing about any value. */
    Notation UNKNOWN = (column, stored, value) -> Answer.UNKNOWN;

    /** Whether the two say the same. */
    enum Answer {
        SAME,
        OTHER,
        /** There is no way back for this type, or this notation of it. */
        UNKNOWN
    }

    /**
     * Whether the source's value is how it would write the target's.
     *
     * @param column index into the columns of the captured table's target
     * @param stored as in {@link SourceRecord.Row#stored()}, of a column that no rule changed in this row
     * @param value as the target holds it, in the Java type of the column's {@link dev.sluice.schemas.relational.LogicalType}
     */
    Answer compare(int column, @Nullable Object stored, @Nullable Object value);
}
