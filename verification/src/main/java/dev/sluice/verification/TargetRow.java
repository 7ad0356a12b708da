package dev.sluice.verification;

import org.jspecify.annotations.Nullable;

/**
 * A row of the target.
 *
 * @param sequence under which Sluice wrote it; {@link TargetSql#NO_SEQUENCE} where nobody knows
 * @param values in the order of the table's columns
 */
@SuppressWarnings("ArrayRecordComponent") // made for each row that is read
record TargetRow(long sequence, @Nullable Object[] values) {}
