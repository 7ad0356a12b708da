package dev.sluice.producers.api;

import dev.sluice.schemas.Topics;
import java.time.Duration;

/**
 * How a publisher works; {@link #of} has the defaults.
 *
 * @param pipeline the pipeline's name, which begins the names of its topics
 * @param pipelineId the incarnation, made by {@code prepare}
 * @param lane the lane whose single producer this is
 * @param firstSequence of a lane that has never been published: 1 + the largest that the target knows
 * @param commitInterval least time between two Kafka transactions while changes come in; an idle publisher commits at once
 * @param maxRecordsPerTransaction a Kafka transaction is committed when it has so many records; also the largest part that is asked of the source
 * @param maxBytesPerTransaction a Kafka transaction is committed when its records have so many bytes
 * @param chunkRows rows of one snapshot chunk
 * @param pollInterval how long to wait when the source has nothing
 * @param heartbeat at most so long apart, while the source says that it has given everything
 * @param maxRecordBytes a larger record is rejected with reason {@code record-too-large}
 */
public record PublisherSettings(
        String pipeline,
        String pipelineId,
        String lane,
        long firstSequence,
        Duration commitInterval,
        int maxRecordsPerTransaction,
        long maxBytesPerTransaction,
        int chunkRows,
        Duration pollInterval,
        Duration heartbeat,
        int maxRecordBytes) {
    /** Measured: 10 ms costs throughput, 50 ms doubles the latency from source to target. */
    public static final Duration DEFAULT_COMMIT_INTERVAL = Duration.ofMillis(20);
    /** Beyond some thousands a commit costs nothing any more, and all of them stay in memory until it is done. */
    public static final int DEFAULT_MAX_RECORDS_PER_TRANSACTION = 5_000;
    /** Bounds the memory when rows are large. */
    public static final long DEFAULT_MAX_BYTES_PER_TRANSACTION = 16L << 20;
    /** A source holds its read transaction open for a chunk: some 10 ms of rows. */
    public static final int DEFAULT_CHUNK_ROWS = 2_000;
    /** Half of the commit interval: the wait for the next poll stays below the wait for the commit. */
    public static final Duration DEFAULT_POLL_INTERVAL = Duration.ofMillis(10);
    /** Twice as often as the promised second. */
    public static final Duration DEFAULT_HEARTBEAT = Duration.ofMillis(500);
    /** What the topics accept, with room for headers. */
    public static final int DEFAULT_MAX_RECORD_BYTES = 16 << 20;

    public PublisherSettings {
        new Topics(pipeline);
        require(!pipelineId.isEmpty(), "pipelineId must not be empty");
        require(!lane.isEmpty(), "lane must not be empty");
        require(firstSequence >= 1, "firstSequence must be at least 1, not " + firstSequence);
        require(!commitInterval.isNegative(), "commitInterval must not be negative");
        require(maxRecordsPerTransaction >= 1, "maxRecordsPerTransaction must be at least 1");
        require(maxBytesPerTransaction >= 1, "maxBytesPerTransaction must be at least 1");
        require(chunkRows >= 1, "chunkRows must be at least 1");
        require(!pollInterval.isNegative() && !pollInterval.isZero(), "pollInterval must be positive");
        require(!heartbeat.isNegative() && !heartbeat.isZero(), "heartbeat must be positive");
        require(maxRecordBytes >= 4096, "maxRecordBytes must be at least 4096, not " + maxRecordBytes);
    }

    /** The defaults: lane {@code main}, from sequence 1. */
    public static PublisherSettings of(String pipeline, String pipelineId) {
        return new PublisherSettings(
                pipeline,
                pipelineId,
                Topics.MAIN_LANE,
                1,
                DEFAULT_COMMIT_INTERVAL,
                DEFAULT_MAX_RECORDS_PER_TRANSACTION,
                DEFAULT_MAX_BYTES_PER_TRANSACTION,
                DEFAULT_CHUNK_ROWS,
                DEFAULT_POLL_INTERVAL,
                DEFAULT_HEARTBEAT,
                DEFAULT_MAX_RECORD_BYTES);
    }

    public PublisherSettings withFirstSequence(long sequence) {
        return new PublisherSettings(
                pipeline,
                pipelineId,
                lane,
                sequence,
                commitInterval,
                maxRecordsPerTransaction,
                maxBytesPerTransaction,
                chunkRows,
                pollInterval,
                heartbeat,
                maxRecordBytes);
    }

    public PublisherSettings withCommitInterval(Duration interval) {
        return new PublisherSettings(
                pipeline,
                pipelineId,
                lane,
                firstSequence,
                interval,
                maxRecordsPerTransaction,
                maxBytesPerTransaction,
                chunkRows,
                pollInterval,
                heartbeat,
                maxRecordBytes);
    }

    public PublisherSettings withMaxRecordsPerTransaction(int records) {
        return new PublisherSettings(
                pipeline,
                pipelineId,
                lane,
                firstSequence,
                commitInterval,
                records,
                maxBytesPerTransaction,
                chunkRows,
                pollInterval,
                heartbeat,
                maxRecordBytes);
    }

    public PublisherSettings withChunkRows(int rows) {
        return new PublisherSettings(
                pipeline,
                pipelineId,
                lane,
                firstSequence,
                commitInterval,
                maxRecordsPerTransaction,
                maxBytesPerTransaction,
                rows,
                pollInterval,
                heartbeat,
                maxRecordBytes);
    }

    public PublisherSettings withHeartbeat(Duration interval) {
        return new PublisherSettings(
                pipeline,
                pipelineId,
                lane,
                firstSequence,
                commitInterval,
                maxRecordsPerTransaction,
                maxBytesPerTransaction,
                chunkRows,
                pollInterval,
                interval,
                maxRecordBytes);
    }

    public PublisherSettings withMaxRecordBytes(int bytes) {
        return new PublisherSettings(
                pipeline,
                pipelineId,
                lane,
                firstSequence,
                commitInterval,
                maxRecordsPerTransaction,
                maxBytesPerTransaction,
                chunkRows,
                pollInterval,
                heartbeat,
                bytes);
    }

    /** Fences every earlier producer of the lane. */
    String transactionalId() {
        return pipeline + ".producer." + lane;
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalArgumentException(problem);
        }
    }
}
