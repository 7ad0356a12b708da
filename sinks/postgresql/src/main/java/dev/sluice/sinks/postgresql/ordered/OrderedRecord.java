package dev.sluice.sinks.postgresql.ordered;

import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.OrderedHeader;

/**
 * One record of an {@code ordered} topic.
 *
 * @param bytes of key and value
 */
public record OrderedRecord(OrderedHeader header, Event event, long offset, int bytes) {
    /** Whether a target transaction may end behind it. */
    boolean endsTransaction() {
        return header.last() && !header.more();
    }
}
