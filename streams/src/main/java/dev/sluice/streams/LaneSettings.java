package dev.sluice.streams;

import dev.sluice.schemas.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How one lane's topology runs.
 *
 * @param pipelineId the incarnation; a record of another one stops the lane
 * @param firstSequence what the first record must carry while the lane has no state yet
 * @param stateDir where the stores and the lane's group instance id live; survives restarts, is never shared between running processes
 * @param commitInterval the longest time that a decision stays invisible; throughput and latency are measured with the default
 * @param cacheBytes heap for entries that change between two commits, so that a busy parent's count is written once per commit
 * @param replicationFactor of the changelog, -1 for the broker's default
 * @param clientProperties for every Kafka client: {@code bootstrap.servers}, security
 * @param consumerProperties pass-through, wins over everything but what exactly-once needs and what keeps records from being skipped
 * @param producerProperties pass-through, wins over everything but what exactly-once needs and what keeps records from being skipped
 */
public record LaneSettings(
        String pipeline,
        String pipelineId,
        String lane,
        long firstSequence,
        Path stateDir,
        Duration commitInterval,
        long cacheBytes,
        int replicationFactor,
        Map<String, Object> clientProperties,
        Map<String, Object> consumerProperties,
        Map<String, Object> producerProperties) {
    public static final Duration DEFAULT_COMMIT_INTERVAL = Duration.ofMillis(20);
    public static final long DEFAULT_CACHE_BYTES = 16L << 20;
    public static final int BROKER_DEFAULT_REPLICATION = -1;

    public LaneSettings {
        clientProperties = Map.copyOf(clientProperties);
        consumerProperties = Map.copyOf(consumerProperties);
        producerProperties = Map.copyOf(producerProperties);
        if (firstSequence < 1) {
            throw new IllegalArgumentException("sequences of lane " + lane + " begin at 1, not " + firstSequence);
        }
        if (commitInterval.isNegative() || commitInterval.isZero()) {
            throw new IllegalArgumentException(
                    "the commit interval of lane " + lane + " must be positive, not " + commitInterval);
        }
    }

    /** Defaults for everything that has one. */
    public static LaneSettings of(
            String pipeline,
            String pipelineId,
            String lane,
            long firstSequence,
            Path stateDir,
            Map<String, Object> clientProperties) {
        return new LaneSettings(
                pipeline,
                pipelineId,
                lane,
                firstSequence,
                stateDir,
                DEFAULT_COMMIT_INTERVAL,
                DEFAULT_CACHE_BYTES,
                BROKER_DEFAULT_REPLICATION,
                clientProperties,
                Map.of(),
                Map.of());
    }

    public LaneSettings withCommitInterval(Duration interval) {
        return new LaneSettings(
                pipeline,
                pipelineId,
                lane,
                firstSequence,
                stateDir,
                interval,
                cacheBytes,
                replicationFactor,
                clientProperties,
                consumerProperties,
                producerProperties);
    }

    public LaneSettings withReplicationFactor(int factor) {
        return new LaneSettings(
                pipeline,
                pipelineId,
                lane,
                firstSequence,
                stateDir,
                commitInterval,
                cacheBytes,
                factor,
                clientProperties,
                consumerProperties,
                producerProperties);
    }

    /** Consumer group, and prefix of the internal topics: {@code <pipeline>.streams.<lane>}. */
    public String applicationId() {
        return pipeline + ".streams." + lane;
    }

    /** Topics that Kafka Streams makes for the lane; {@code sluice remove} deletes them. */
    public List<String> internalTopics() {
        return List.of(applicationId() + "-" + LaneTopology.STORE + "-changelog");
    }

    String changesTopic() {
        return new Topics(pipeline).changes(lane);
    }

    String orderedTopic() {
        return new Topics(pipeline).ordered(lane);
    }
}
