package dev.sluice.streams.gate;

import java.util.List;

/**
 * What one call decides.
 *
 * @param records of {@code ordered}
 * @param refreshes rows that the source has to give again
 */
public record Decision(List<OrderedRecord> records, List<Refresh> refreshes) {}
