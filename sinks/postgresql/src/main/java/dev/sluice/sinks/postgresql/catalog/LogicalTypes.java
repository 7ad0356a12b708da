package dev.sluice.sinks.postgresql.catalog;

import dev.sluice.schemas.relational.LogicalType;
import java.util.Map;

/**
 * How values of a PostgreSQL type travel. Domains travel like their base type. {@code citext} travels as text: only its equality differs, and who
 * compares keys sees that from the native type. Whatever is not named here travels in PostgreSQL's input syntax.
 */
final class LogicalTypes {
    private static final Map<String, LogicalType> BY_NAME = Map.ofEntries(
            Map.entry("bool", LogicalType.BOOLEAN),
            Map.entry("int2", LogicalType.INT16),
            Map.entry("int4", LogicalType.INT32),
            Map.entry("int8", LogicalType.INT64),
            Map.entry("float4", LogicalType.FLOAT32),
            Map.entry("float8", LogicalType.FLOAT64),
            Map.entry("numeric", LogicalType.DECIMAL),
            Map.entry("text", LogicalType.TEXT),
            Map.entry("varchar", LogicalType.TEXT),
            Map.entry("bpchar", LogicalType.TEXT),
            Map.entry("name", LogicalType.TEXT),
            Map.entry("bytea", LogicalType.BYTES),
            Map.entry("uuid", LogicalType.UUID),
            Map.entry("date", LogicalType.DATE),
            Map.entry("time", LogicalType.TIME),
            Map.entry("timestamp", LogicalType.TIMESTAMP),
            Map.entry("timestamptz", LogicalType.TIMESTAMPTZ),
            Map.entry("json", LogicalType.JSON),
            Map.entry("jsonb", LogicalType.JSON));

    private LogicalTypes() {}

    /**
     * @param builtin whether the type stands in {@code pg_catalog}
     * @param baseName {@code pg_type.typname}, of the base type where it is a domain
     */
    static LogicalType of(boolean builtin, String baseName) {
        if (!builtin) {
            return baseName.equals("citext") ? LogicalType.TEXT : LogicalType.NATIVE;
        }
        return BY_NAME.getOrDefault(baseName, LogicalType.NATIVE);
    }
}
