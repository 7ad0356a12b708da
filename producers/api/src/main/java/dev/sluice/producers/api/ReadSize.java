package dev.sluice.producers.api;

/**
 * How many records to ask a source for, so that large ones do not fill the memory. It begins with few, because nothing is known of their size yet, and asks
 * for at most four times as many each time, as long as the last ones say that they fit.
 */
final class ReadSize {
    private static final int FIRST = 100;
    private static final int GROWTH = 4;

    private final long maxBytes;
    private long limit = FIRST;

    ReadSize(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    int atMost(int records) {
        return (int) Math.min(records, limit);
    }

    /** What the last read gave. */
    void read(int records, long bytes) {
        if (records > 0) {
            long fitting = maxBytes / Math.max(1, bytes / records);
            limit = Math.max(1, Math.min(fitting, Math.min(limit * GROWTH, Integer.MAX_VALUE)));
        }
    }
}
