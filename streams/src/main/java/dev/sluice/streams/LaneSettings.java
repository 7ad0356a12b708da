package dev.sluice.streams;

import dev.sluice.schemas.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How one lane's topology runs.
 *
 * @param pipelineId the incarnation; a record of another one stops the lane
 * @param firstSequence what the first record must carry while the lane has no state yet
 * @param stateDir where the stores and the lane's group instance id live; survives restarts. Lanes of one process share it, processes never do
 * @param commitInterval the longest time that a decision stays invisible; throughput and latency are measured with the default
 * @param cacheBytes heap for entries of the state: those that change between two commits, written once per commit, and those read lately
 * @param replicationFactor of the changelog, -1 for the broker's default
 * @param standbyReplicas copies of the lane's state that other instances keep up to date, so that one of them takes over without reading the changelog
 * @param sessionTimeout how long a lost instance keeps its lanes before another one takes over; at least the broker's {@code group.min.session.timeout.ms}
 * @param publishPerTable whether reconciled changes are copied to one topic per table, {@link Topics#table}
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
        int standbyReplicas,
        Duration sessionTimeout,
        boolean publishPerTable,
        Map<String, Object> clientProperties,
        Map<String, Object> consumerProperties,
        Map<String, Object> producerProperties) {
    public static final Duration DEFAULT_COMMIT_INTERVAL = Duration.ofMillis(20);
    public static final long DEFAULT_CACHE_BYTES = 32L << 20;
    public static final int BROKER_DEFAULT_REPLICATION = -1;

    /** Long enough for a pause of the machine, and 2.8 s instead of 44 s until a restarted instance goes on. */
    public static final Duration DEFAULT_SESSION_TIMEOUT = Duration.ofSeconds(10);

    public LaneSettings {
        clientProperties = Map.copyOf(clientProperties);
        consumerProperties = Map.copyOf(consumerProperties);
        producerProperties = Map.copyOf(producerProperties);
        require(firstSequence >= 1, "sequences of lane " + lane + " begin at 1, not " + firstSequence);
        require(
                isPositive(commitInterval),
                "the commit interval of lane " + lane + " must be positive, not " + commitInterval);
        require(
                isPositive(sessionTimeout),
                "the session timeout of lane " + lane + " must be positive, not " + sessionTimeout);
        require(
                standbyReplicas >= 0,
                "the number of standby replicas of lane " + lane + " must be 0 or more, not " + standbyReplicas);
    }

    private static boolean isPositive(Duration duration) {
        return !duration.isNegative() && !duration.isZero();
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
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
                0,
                DEFAULT_SESSION_TIMEOUT,
                false,
                clientProperties,
                Map.of(),
                Map.of());
    }

    public LaneSettings withCommitInterval(Duration interval) {
        return with(draft -> draft.commitInterval = interval);
    }

    public LaneSettings withReplicationFactor(int factor) {
        return with(draft -> draft.replicationFactor = factor);
    }

    public LaneSettings withStandbyReplicas(int replicas) {
        return with(draft -> draft.standbyReplicas = replicas);
    }

    public LaneSettings withSessionTimeout(Duration timeout) {
        return with(draft -> draft.sessionTimeout = timeout);
    }

    public LaneSettings withPublishPerTable(boolean publish) {
        return with(draft -> draft.publishPerTable = publish);
    }

    private LaneSettings with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.settings();
    }

    /** What has a default, while it changes. */
    private static final class Draft {
        private final LaneSettings from;
        private Duration commitInterval;
        private int replicationFactor;
        private int standbyReplicas;
        private Duration sessionTimeout;
        private boolean publishPerTable;

        private Draft(LaneSettings from) {
            this.from = from;
            this.commitInterval = from.commitInterval;
            this.replicationFactor = from.replicationFactor;
            this.standbyReplicas = from.standbyReplicas;
            this.sessionTimeout = from.sessionTimeout;
            this.publishPerTable = from.publishPerTable;
        }

        private LaneSettings settings() {
            return new LaneSettings(
                    from.pipeline,
                    from.pipelineId,
                    from.lane,
                    from.firstSequence,
                    from.stateDir,
                    commitInterval,
                    from.cacheBytes,
                    replicationFactor,
                    standbyReplicas,
                    sessionTimeout,
                    publishPerTable,
                    from.clientProperties,
                    from.consumerProperties,
                    from.producerProperties);
        }
    }

    /** Consumer group, and prefix of the internal topics: {@code <pipeline>.streams.<lane>}. */
    public String applicationId() {
        return applicationId(pipeline, lane);
    }

    public static String applicationId(String pipeline, String lane) {
        return pipeline + ".streams." + lane;
    }

    /** Topics that Kafka Streams makes for the lane; {@code sluice remove} deletes them. */
    public List<String> internalTopics() {
        return List.of(changelog(pipeline, lane));
    }

    /** The topic that a lane's state is restored from. */
    public static String changelog(String pipeline, String lane) {
        return applicationId(pipeline, lane) + "-" + LaneTopology.STORE + "-changelog";
    }

    String changesTopic() {
        return new Topics(pipeline).changes(lane);
    }

    String orderedTopic() {
        return new Topics(pipeline).ordered(lane);
    }

    String signalsTopic() {
        return new Topics(pipeline).signals();
    }
}
