package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;

/** Brings a stored value into the target's notation. The representation changes, the value never does; NULL is not its business. */
interface Conversion {
    /**
     * Converts a value or refuses it.
     *
     * @param stored as {@link StoredValue} describes; never null
     * @return of the Java type that {@link LogicalType} names
     */
    Object convert(Object stored) throws Refusal;

    static Conversion to(Column column, RealTimestamps realTimestamps) {
        return Limits.within(column, to(column.type(), column.nativeType().equals("jsonb"), realTimestamps));
    }

    static Conversion to(LogicalType type, boolean jsonb, RealTimestamps realTimestamps) {
        return switch (type) {
            case BOOLEAN -> Booleans::convert;
            case INT16 -> stored -> (int) Numbers.integer(stored, Short.MIN_VALUE, Short.MAX_VALUE);
            case INT32 -> stored -> (int) Numbers.integer(stored, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case INT64 -> stored -> Numbers.integer(stored, Long.MIN_VALUE, Long.MAX_VALUE);
            case FLOAT32 -> Numbers::float32;
            case FLOAT64 -> Numbers::float64;
            case DECIMAL -> Numbers::decimal;
            case TEXT, NATIVE -> Texts::text;
            case BYTES -> Texts::bytes;
            case UUID -> Uuids::convert;
            case DATE -> Times::date;
            case TIME -> Times::time;
            case TIMESTAMP, TIMESTAMPTZ -> stored -> Times.timestamp(stored, realTimestamps);
            case JSON -> new JsonDocuments(jsonb);
        };
    }
}
