package dev.sluice.cli.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.config.ClientProperties;
import dev.sluice.cli.config.DataSize;
import dev.sluice.cli.config.KafkaSettings;
import dev.sluice.cli.config.PublishMode;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class TopicPlanTest {
    private static final TableId USERS = TableId.parse("public.users");
    private static final TableId LOGS = TableId.parse("public.log entries");
    private static final TopicPlan PLAN = plan(PublishMode.NONE, LaneLayout.single(List.of(USERS, LOGS)));

    private static TopicPlan plan(PublishMode publish, LaneLayout layout) {
        KafkaSettings kafka = new KafkaSettings(
                Optional.empty(),
                ClientProperties.NONE,
                Optional.empty(),
                Duration.ofMillis(20),
                DataSize.mebibytes(1));
        return TopicPlan.of("shop", kafka, publish, layout);
    }

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
    void everyLaneAndEveryTableHasItsOwn() {
        LaneLayout layout = new LaneLayout(new TreeMap<>(Map.of(
                "public.log_x20entries", new TreeSet<>(Set.of(LOGS)), "public.users", new TreeSet<>(Set.of(USERS)))));
        assertThat(plan(PublishMode.PER_TABLE, layout).names())
                .containsExactlyInAnyOrder(
                        "shop.changes.public.log_x20entries",
                        "shop.ordered.public.log_x20entries",
                        "shop.changes.public.users",
                        "shop.ordered.public.users",
                        "shop.table.public.log_x20entries",
                        "shop.table.public.users",
                        "shop.dead-letters",
                        "shop.signals",
                        "shop.producer-progress")
                .allMatch(name -> TopicPlan.isOf("shop", name));
    }

    @Test
    void topicsOfOtherPipelinesAreNoneOfIts() {
        assertThat(List.of(
                        "shop2.changes.main",
                        "shop.reverse.changes.main",
                        "shop.reverse.signals",
                        "shop-changes.ordered.main",
                        "shop.notes"))
                .noneMatch(name -> TopicPlan.isOf("shop", name));
        assertThat(List.of("shop.streams.main-lane-changelog", "shop.changes.gone.2"))
                .allMatch(name -> TopicPlan.isOf("shop", name));
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
