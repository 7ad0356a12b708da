package dev.sluice.cli.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.config.ClientProperties;
import dev.sluice.cli.config.DataSize;
import dev.sluice.cli.config.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TopicPlanTest {
    private static final TopicPlan PLAN = TopicPlan.of(
            "shop",
            new KafkaSettings(
                    Optional.empty(),
                    ClientProperties.NONE,
                    Optional.empty(),
                    Duration.ofMillis(20),
                    DataSize.mebibytes(1)));

    private static TopicPlan.Topic topic(String name) {
        return PLAN.topics().stream()
                .filter(t -> t.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void everyTopicOfThePipelineIsPlanned() {
        assertThat(PLAN.names())
                .containsExactlyInAnyOrder(
                        "shop.changes.main",
                        "shop.ordered.main",
                        "shop.dead-letters",
                        "shop.signals",
                        "shop.producer-progress");
    }

    @Test
    void theLogIsKeptForEverAndTakesTheLargestRecord() {
        assertThat(topic("shop.changes.main").settings())
                .containsEntry("retention.ms", "-1")
                .containsEntry("retention.bytes", "-1")
                .containsEntry("max.message.bytes", String.valueOf(2 << 20));
        assertThat(topic("shop.producer-progress").settings()).containsEntry("cleanup.policy", "compact");
    }

    @Test
    void aTopicAsPlannedIsAccepted() {
        Map<String, String> found = new HashMap<>(topic("shop.changes.main").settings());
        found.put("max.message.bytes", "99999999");
        found.put("segment.bytes", "1");
        assertThat(TopicPlan.objection(topic("shop.changes.main"), 1, found)).isEmpty();
    }

    @Test
    void aTopicThatWouldForgetOrRefuseRecordsIsNamed() {
        Map<String, String> found = new HashMap<>(topic("shop.changes.main").settings());
        found.put("retention.ms", "604800000");
        found.put("max.message.bytes", "1000");
        assertThat(TopicPlan.objection(topic("shop.changes.main"), 1, found).orElseThrow())
                .contains("found {max.message.bytes=1000, retention.ms=604800000}");
    }

    @Test
    void aTopicWithoutOrderIsRefused() {
        assertThat(TopicPlan.objection(topic("shop.changes.main"), 3, Map.of()).orElseThrow())
                .contains("expected 1 partition, found 3");
    }
}
