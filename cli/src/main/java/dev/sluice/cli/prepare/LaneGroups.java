package dev.sluice.cli.prepare;

import dev.sluice.streams.LaneSettings;
import java.util.List;
import java.util.Map;

/** The consumer groups of the lanes' topologies. */
public final class LaneGroups implements AutoCloseable {
    private final String pipeline;
    private final KafkaTopics topics;

    private LaneGroups(String pipeline, Map<String, Object> kafka) {
        this.pipeline = pipeline;
        this.topics = KafkaTopics.connect(kafka);
    }

    /** @param name by which Kafka knows it again after a restart; empty when it has none */
    public record Member(String name, String client, String host) {
        public String describe() {
            return client + " on " + host;
        }
    }

    /** @param kafka properties for any Kafka client */
    public static LaneGroups connect(String pipeline, Map<String, Object> kafka) {
        return new LaneGroups(pipeline, Map.copyOf(kafka));
    }

    /** @throws dev.sluice.runtime.SluiceException of kind KAFKA when Kafka does not answer */
    public List<Member> members(String lane) {
        return topics.members(LaneSettings.applicationId(pipeline, lane));
    }

    @Override
    public void close() {
        topics.close();
    }
}
