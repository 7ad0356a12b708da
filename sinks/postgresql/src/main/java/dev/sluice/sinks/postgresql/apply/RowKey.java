package dev.sluice.sinks.postgresql.apply;

/**
 * A row by its primary key.
 *
 * @param table {@code schema.table}
 * @param key as {@link ControlText#key} gives it
 */
record RowKey(String table, String key) {}
