package dev.sluice.cli.prepare;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.Stations;
import dev.sluice.schemas.relational.LaneLayout;
import java.util.List;

/** The topics of a layout, for whoever changes it. */
public final class LaneTopics {
    private final Configuration configuration;
    private final Stations stations;

    public LaneTopics(Configuration configuration, Stations stations) {
        this.configuration = configuration;
        this.stations = stations;
    }

    /** Makes what is missing; says which. */
    public List<String> create(LaneLayout layout) {
        try (KafkaTopics topics = KafkaTopics.connect(stations.kafka())) {
            return topics.create(
                    TopicPlan.of(configuration, layout), configuration.kafka().replicationFactor(), false);
        }
    }
}
