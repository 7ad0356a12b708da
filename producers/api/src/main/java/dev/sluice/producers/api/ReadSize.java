package dev.sluice.producers.api;

/** How many records to ask a source for, so that large ones do not fill the memory: as many as had {@code maxBytes} at the size of the last ones. */
final class ReadSize {
    private final long maxBytes;
    private long bytesPerRecord = 1;

    ReadSize(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    int atMost(int records) {
        return (int) Math.max(1, Math.min(records, maxBytes / bytesPerRecord));
    }

    void read(int records, long bytes) {
        if (records > 0) {
            bytesPerRecord = Math.max(1, bytes / records);
        }
    }
}
