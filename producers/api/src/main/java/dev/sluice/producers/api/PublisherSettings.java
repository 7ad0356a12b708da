package dev.sluice.producers.api;

import dev.sluice.schemas.Topics;
import dev.sluice.schemas.relational.LaneLayout;
import java.time.Duration;
import java.util.Map;

/**
 * How a publisher works; {@link #of} has the defaults.
 *
 * @param pipeline the pipeline's name, which begins the names of its topics
 * @param pipelineId the incarnation, made by {@code prepare}
 */
public record PublisherSettings(String pipeline, String pipelineId, LaneStarts lanes, Timing timing, Bounds bounds) {
    public PublisherSettings {
        new Topics(pipeline);
        require(!pipelineId.isEmpty(), "pipelineId must not be empty");
    }

    /**
     * How often.
     *
     * @param commitInterval least time between two Kafka transactions while changes come in; an idle publisher commits at once
     * @param pollInterval how long to wait when the source has nothing
     * @param heartbeat at most so long apart, while the source says that it has given everything
     * @param snapshotRowsPerSecond rows of snapshots at most, of all tables together; 0 for as many as there are. The tail is not held back
     */
    public record Timing(
            Duration commitInterval, Duration pollInterval, Duration heartbeat, int snapshotRowsPerSecond) {
        /** Commit: 10 ms costs throughput, 50 ms doubles the latency from source to target, both measured. Poll: half of it. Heartbeat: twice the promised rate. */
        public static final Timing DEFAULTS =
                new Timing(Duration.ofMillis(20), Duration.ofMillis(10), Duration.ofMillis(500), 0);

        public Timing {
            require(!commitInterval.isNegative(), "commitInterval must not be negative");
            require(!pollInterval.isNegative() && !pollInterval.isZero(), "pollInterval must be positive");
            require(!heartbeat.isNegative() && !heartbeat.isZero(), "heartbeat must be positive");
            require(snapshotRowsPerSecond >= 0, "snapshotRowsPerSecond must not be negative");
        }
    }

    /**
     * How much at once.
     *
     * @param maxRecordsPerTransaction a Kafka transaction is committed when it has so many records; also the largest part that is asked of the source
     * @param maxBytesPerTransaction a Kafka transaction is committed when its records have so many bytes
     * @param chunkRows rows of one snapshot chunk
     * @param maxRecordBytes a larger record is rejected with reason {@code record-too-large}
     */
    public record Bounds(int maxRecordsPerTransaction, long maxBytesPerTransaction, int chunkRows, int maxRecordBytes) {
        /**
         * Records: beyond some thousands a commit costs nothing any more, and all of them stay in memory until it is done; bytes bound it when rows are
         * large. Chunk: a source holds its read transaction open for it, some 10 ms of rows. Record: what the topics accept, with room for headers.
         */
        public static final Bounds DEFAULTS = new Bounds(5_000, 16L << 20, 2_000, 16 << 20);

        public Bounds {
            require(maxRecordsPerTransaction >= 1, "maxRecordsPerTransaction must be at least 1");
            require(maxBytesPerTransaction >= 1, "maxBytesPerTransaction must be at least 1");
            require(chunkRows >= 1, "chunkRows must be at least 1");
            require(maxRecordBytes >= 4096, "maxRecordBytes must be at least 4096, not " + maxRecordBytes);
        }
    }

    /** The defaults: lane {@code main} for every table, from sequence 1. */
    public static PublisherSettings of(String pipeline, String pipelineId) {
        return new PublisherSettings(pipeline, pipelineId, LaneStarts.main(1), Timing.DEFAULTS, Bounds.DEFAULTS);
    }

    /**
     * @param firstSequences by lane, each of the layout: where it begins when it has never been published, 1 + the largest that the target knows
     */
    public PublisherSettings withLanes(LaneLayout layout, Map<String, Long> firstSequences) {
        return with(LaneStarts.of(layout, firstSequences));
    }

    /** For a pipeline of lane {@code main} alone: where it begins when it has never been published. */
    public PublisherSettings withFirstSequence(long sequence) {
        return with(LaneStarts.main(sequence));
    }

    private PublisherSettings with(LaneStarts starts) {
        return new PublisherSettings(pipeline, pipelineId, starts, timing, bounds);
    }

    public PublisherSettings withCommitInterval(Duration interval) {
        return with(new Timing(interval, timing.pollInterval, timing.heartbeat, timing.snapshotRowsPerSecond));
    }

    public PublisherSettings withHeartbeat(Duration interval) {
        return with(new Timing(timing.commitInterval, timing.pollInterval, interval, timing.snapshotRowsPerSecond));
    }

    public PublisherSettings withSnapshotRowsPerSecond(int rows) {
        return with(new Timing(timing.commitInterval, timing.pollInterval, timing.heartbeat, rows));
    }

    private PublisherSettings with(Timing other) {
        return new PublisherSettings(pipeline, pipelineId, lanes, other, bounds);
    }

    public PublisherSettings withMaxRecordsPerTransaction(int records) {
        return with(new Bounds(records, bounds.maxBytesPerTransaction, bounds.chunkRows, bounds.maxRecordBytes));
    }

    public PublisherSettings withChunkRows(int rows) {
        return with(new Bounds(
                bounds.maxRecordsPerTransaction, bounds.maxBytesPerTransaction, rows, bounds.maxRecordBytes));
    }

    public PublisherSettings withMaxRecordBytes(int bytes) {
        return with(
                new Bounds(bounds.maxRecordsPerTransaction, bounds.maxBytesPerTransaction, bounds.chunkRows, bytes));
    }

    private PublisherSettings with(Bounds other) {
        return new PublisherSettings(pipeline, pipelineId, lanes, timing, other);
    }

    /** Fences every other producer of the pipeline, whatever its layout: the name dates from pipelines of one lane. */
    String transactionalId() {
        return pipeline + ".producer." + LaneLayout.MAIN;
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalArgumentException(problem);
        }
    }
}
