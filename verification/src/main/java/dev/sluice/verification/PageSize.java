package dev.sluice.verification;

import dev.sluice.producers.api.SourceRecord;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** How many rows of one table fit into memory at once: a few at first, because nothing is known of them, and then as many as the last ones say. Used by one thread. */
final class PageSize {
    /** Of rows held at once, per table that is being compared and side. */
    private static final long MAX_BYTES = 8L << 20;

    private static final int FIRST = 16;
    private static final int GROWTH = 4;
    private static final int PER_VALUE = 16;

    private long limit = FIRST;

    int atMost(int rows) {
        return (int) Math.min(rows, limit);
    }

    /** What was read last. */
    void read(Collection<SourceRecord> records) {
        if (records.isEmpty()) {
            return;
        }
        long bytes = 0;
        for (SourceRecord record : records) {
            bytes += weight(record);
        }
        long fitting = MAX_BYTES / Math.max(1, bytes / records.size());
        limit = Math.max(1, Math.min(fitting, Math.min(limit * GROWTH, Integer.MAX_VALUE)));
    }

    /** About, in bytes. */
    private static long weight(SourceRecord record) {
        if (record instanceof SourceRecord.Refused refused) {
            return refused.raw().length;
        }
        @Nullable Object[] values = ((SourceRecord.Row) record).after();
        long bytes = 0;
        for (int i = 0; values != null && i < values.length; i++) {
            bytes += PER_VALUE;
            if (values[i] instanceof String text) {
                bytes += text.length() * 2L;
            } else if (values[i] instanceof byte[] raw) {
                bytes += raw.length;
            }
        }
        return bytes;
    }
}
