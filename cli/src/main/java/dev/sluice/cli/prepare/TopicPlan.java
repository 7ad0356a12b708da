package dev.sluice.cli.prepare;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.KafkaSettings;
import dev.sluice.cli.config.PublishMode;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.relational.LaneLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.config.TopicConfig;

/** The topics of a pipeline and what each of them must be. One partition each: a lane has one order. */
record TopicPlan(List<Topic> topics) {
    /** Room for the envelope and the batch around a record of the largest allowed size. */
    private static final long ENVELOPE_BYTES = 1L << 20;

    /**
     * @param settings that the topic must have; everything else is the broker's business
     */
    record Topic(String name, Map<String, String> settings) {}

    static TopicPlan of(Configuration configuration, LaneLayout layout) {
        return of(configuration.pipeline(), configuration.kafka(), configuration.publish(), layout);
    }

    static TopicPlan of(String pipeline, KafkaSettings kafka, PublishMode publish, LaneLayout layout) {
        Topics names = new Topics(pipeline);
        String largest = Long.toString(kafka.maxRecordBytes().bytes() + ENVELOPE_BYTES);
        List<Topic> topics = new ArrayList<>();
        for (String lane : layout.lanes()) {
            topics.add(new Topic(names.changes(lane), kept(largest)));
            topics.add(new Topic(names.ordered(lane), kept(largest)));
        }
        if (publish == PublishMode.PER_TABLE) {
            layout.members()
                    .values()
                    .forEach(tables ->
                            tables.forEach(table -> topics.add(new Topic(names.table(table), kept(largest)))));
        }
        topics.add(new Topic(names.deadLetters(), kept(largest)));
        topics.add(new Topic(names.signals(), kept(largest)));
        topics.add(new Topic(names.producerProgress(), Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, "compact")));
        return new TopicPlan(List.copyOf(topics));
    }

    /** Whether a topic is one of the pipeline's, of whatever lane or table, present or past. */
    static boolean isOf(String pipeline, String topic) {
        Topics names = new Topics(pipeline);
        boolean single = List.of(names.deadLetters(), names.signals(), names.producerProgress())
                .contains(topic);
        return single
                || Stream.of(".changes.", ".ordered.", ".table.", ".streams.")
                        .anyMatch(kind -> topic.startsWith(pipeline + kind));
    }

    List<String> names() {
        return topics.stream().map(Topic::name).toList();
    }

    /** Why an existing topic must not be used; empty when it may. */
    static Optional<String> objection(Topic wanted, int partitions, Map<String, String> found) {
        if (partitions != 1) {
            return Optional.of("expected 1 partition, found " + partitions
                    + ": the order of its records would be lost. Delete it while it is empty, or rename the pipeline");
        }
        Map<String, String> different = new TreeMap<>();
        wanted.settings().forEach((key, value) -> {
            if (!satisfied(key, value, found.getOrDefault(key, ""))) {
                different.put(key, found.getOrDefault(key, "nothing"));
            }
        });
        return different.isEmpty()
                ? Optional.empty()
                : Optional.of("expected " + wanted.settings() + ", found " + different + ". Correct its configuration");
    }

    private static boolean satisfied(String key, String wanted, String found) {
        boolean isMinimum = key.equals(TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
        return (isMinimum && found.matches("\\d+"))
                ? Long.parseLong(found) >= Long.parseLong(wanted)
                : wanted.equals(found);
    }

    /** A record's timestamp is the source's commit time, and the source's clock must not have it refused or deleted. */
    private static Map<String, String> kept(String largest) {
        return Map.of(
                TopicConfig.CLEANUP_POLICY_CONFIG, "delete",
                TopicConfig.RETENTION_MS_CONFIG, "-1",
                TopicConfig.RETENTION_BYTES_CONFIG, "-1",
                TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "CreateTime",
                TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, Long.toString(Long.MAX_VALUE),
                TopicConfig.MAX_MESSAGE_BYTES_CONFIG, largest);
    }
}
