package dev.sluice.producers.api;

/**
 * How far a source has counted the keys that it gives out itself, those of rows that were deleted or never committed included.
 *
 * @param table as the source spells it
 * @param column the source's column that gets the keys
 * @param last the greatest that was given out; a row that comes gets a greater one
 */
public record SourceCounter(String table, String column, long last) {}
