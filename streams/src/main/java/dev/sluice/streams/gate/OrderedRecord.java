package dev.sluice.streams.gate;

import dev.sluice.schemas.event.OrderedHeader;

/** One record of {@code ordered}. */
public record OrderedRecord(OrderedHeader header, LaneRecord record) {}
