package dev.sluice.sinks.postgresql.ordered;

import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.OrderedHeader;

/**
 * One record of an {@code ordered} topic, with its bytes.
 *
 * @param encodedHeader the header's bytes
 * @param value the event's bytes
 */
@SuppressWarnings("ArrayRecordComponent") // shared, not copied, and never compared
public record LoggedRecord(OrderedHeader header, byte[] encodedHeader, Event event, byte[] value, long offset) {}
