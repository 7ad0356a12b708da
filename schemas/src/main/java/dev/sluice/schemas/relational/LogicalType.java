package dev.sluice.schemas.relational;

/**
 * How values of a column travel, and their Java type on the way. PostgreSQL's own type stands beside it in {@link Column#nativeType()}.
 * Infinite dates and timestamps travel as the largest and smallest value of their Java type.
 */
public enum LogicalType {
    /** {@link Boolean}. */
    BOOLEAN,
    /** {@link Integer} within 16 bits. */
    INT16,
    /** {@link Integer}. */
    INT32,
    /** {@link Long}. */
    INT64,
    /** {@link Float}. */
    FLOAT32,
    /** {@link Double}. */
    FLOAT64,
    /** {@link String}: plain decimal digits with the scale kept, {@code NaN}, {@code Infinity} or {@code -Infinity}. */
    DECIMAL,
    /** {@link String} without NUL. */
    TEXT,
    /** {@code byte[]}. */
    BYTES,
    /** {@link java.util.UUID}. */
    UUID,
    /** {@link Integer}: days since 1970-01-01. */
    DATE,
    /** {@link Long}: microseconds since midnight. */
    TIME,
    /** {@link Long}: microseconds since 1970-01-01T00:00 of an unknown zone. */
    TIMESTAMP,
    /** {@link Long}: microseconds since 1970-01-01T00:00Z. */
    TIMESTAMPTZ,
    /** {@link String}: JSON text as the source wrote it. */
    JSON,
    /** {@link String} in PostgreSQL's input syntax of the column's native type (enums, arrays, inet, ranges, …). */
    NATIVE
}
