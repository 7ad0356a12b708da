package dev.sluice.sinks.postgresql.ordered;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.OrderedHeader;

/**
 * One record of an {@code ordered} topic.
 *
 * @param bytes of key and value
 */
public record OrderedRecord(OrderedHeader header, Event event, long offset, int bytes) {
    /** Whether it is a row of a snapshot, or one that was read again. */
    public boolean isRead() {
        return event instanceof Change change && change.source().snapshot();
    }

    /** Whether a table's snapshot begins with it. */
    public boolean beginsSnapshot() {
        return event instanceof Control control && control.kind() == Control.Kind.SNAPSHOT_BEGIN;
    }

    /** Whether somebody asks by it what the target holds here. */
    public boolean compares() {
        return event instanceof Control control && control.kind() == Control.Kind.COMPARE;
    }

    /** Whether a target transaction may end behind it. */
    boolean endsTransaction() {
        return header.last() && endsGroup();
    }

    /** Whether the next record was decided by itself. */
    boolean endsGroup() {
        return !header.more() && endsRun();
    }

    /** Whether the next record can be applied without this one. */
    boolean endsRun() {
        return !header.together();
    }
}
