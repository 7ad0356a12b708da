package dev.sluice.cli.prepare;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** Makes, checks and deletes topics. Failures are of kind {@code KAFKA}. */
final class KafkaTopics implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);

    private final Admin admin;
    private final String servers;

    private KafkaTopics(Admin admin, String servers) {
        this.admin = admin;
        this.servers = servers;
    }

    static KafkaTopics connect(Map<String, Object> clientProperties) {
        Map<String, Object> properties = new HashMap<>(clientProperties);
        properties.putIfAbsent(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        properties.putIfAbsent(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis());
        String servers = String.valueOf(properties.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG));
        try {
            return new KafkaTopics(Admin.create(properties), servers);
        } catch (KafkaException e) {
            String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
            throw SluiceException.of(
                    ErrorKind.KAFKA,
                    "a client for Kafka at " + servers + " cannot be made: " + why + "; check the section kafka",
                    e);
        }
    }

    /** Those of the named topics that exist. */
    Map<String, TopicDescription> existing(Collection<String> names) {
        Map<String, TopicDescription> found = new HashMap<>();
        admin.describeTopics(names).topicNameValues().forEach((name, future) -> {
            try {
                found.put(name, get(future));
            } catch (SluiceException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
        });
        return found;
    }

    /** All topics for which the test holds, by name. */
    List<String> names(Predicate<String> test) {
        return get(admin.listTopics().names()).stream().filter(test).sorted().toList();
    }

    /** Every existing topic that is not what the plan asks for. */
    List<Finding> check(TopicPlan plan) {
        Map<String, TopicDescription> existing = existing(plan.names());
        Map<String, Map<String, String>> settings = settings(existing.keySet());
        List<Finding> findings = new ArrayList<>();
        for (TopicPlan.Topic topic : plan.topics()) {
            TopicDescription description = existing.get(topic.name());
            if (description != null) {
                TopicPlan.objection(
                                topic, description.partitions().size(), settings.getOrDefault(topic.name(), Map.of()))
                        .ifPresent(o -> findings.add(
                                Finding.error("topic-differs", "topic " + topic.name(), o, "then check again")));
            }
        }
        return findings;
    }

    /** Makes what is missing; says which. */
    List<String> create(TopicPlan plan, Optional<Short> replicationFactor, boolean dryRun) {
        Map<String, TopicDescription> existing = existing(plan.names());
        List<NewTopic> missing = plan.topics().stream()
                .filter(t -> !existing.containsKey(t.name()))
                .map(t -> new NewTopic(t.name(), Optional.of(1), replicationFactor).configs(t.settings()))
                .toList();
        if (!dryRun) {
            for (NewTopic topic : missing) {
                create(topic);
            }
        }
        return missing.stream().map(t -> "Kafka: make topic " + t.name()).toList();
    }

    private void create(NewTopic topic) {
        try {
            await(admin.createTopics(List.of(topic)).all());
        } catch (SluiceException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
        }
    }

    /** Deletes the topics that exist; says which. */
    List<String> delete(Collection<String> names, boolean dryRun) {
        List<String> existing = existing(names).keySet().stream().sorted().toList();
        if (!dryRun && !existing.isEmpty()) {
            await(admin.deleteTopics(existing).all());
        }
        return existing.stream().map(name -> "Kafka: delete topic " + name).toList();
    }

    /** Forgets consumer groups for which the test holds; says which. */
    List<String> deleteGroups(Predicate<String> test, boolean dryRun) {
        List<String> existing = get(admin.listGroups().all()).stream()
                .map(g -> g.groupId())
                .filter(test)
                .sorted()
                .toList();
        if (!dryRun) {
            existing.forEach(this::deleteGroup);
        }
        return existing.stream()
                .map(name -> "Kafka: forget consumer group " + name)
                .toList();
    }

    /** Whoever is in a group; nobody where there is no such group. */
    List<LaneGroups.Member> members(String group) {
        try {
            return Objects.requireNonNull(
                            get(admin.describeConsumerGroups(List.of(group)).all())
                                    .get(group))
                    .members()
                    .stream()
                    .map(m -> new LaneGroups.Member(m.groupInstanceId().orElse(""), m.clientId(), m.host()))
                    .toList();
        } catch (SluiceException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return List.of();
            }
            throw e;
        }
    }

    /** A static member keeps its place for a while after it has gone, and a group with members cannot be deleted. */
    private void deleteGroup(String group) {
        try {
            await(admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions())
                    .all());
            await(admin.deleteConsumerGroups(List.of(group)).all());
        } catch (SluiceException e) {
            if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                throw e;
            }
        }
    }

    private Map<String, Map<String, String>> settings(Collection<String> topics) {
        List<ConfigResource> resources = topics.stream()
                .map(t -> new ConfigResource(ConfigResource.Type.TOPIC, t))
                .toList();
        Map<String, Map<String, String>> settings = new HashMap<>();
        get(admin.describeConfigs(resources).all())
                .forEach((resource, config) -> settings.put(
                        resource.name(),
                        config.entries().stream()
                                .filter(e -> e.value() != null)
                                .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value))));
        return settings;
    }

    private <T> T get(KafkaFuture<T> future) {
        return Objects.requireNonNull(result(future), "Kafka's answer");
    }

    private void await(KafkaFuture<Void> future) {
        Void unused = result(future);
    }

    private <T> @Nullable T result(KafkaFuture<T> future) {
        try {
            return future.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw SluiceException.of(ErrorKind.KAFKA, "Kafka at " + servers + ": " + words(cause), cause);
        } catch (TimeoutException e) {
            throw SluiceException.of(
                    ErrorKind.KAFKA, "Kafka at " + servers + " does not answer; check kafka.bootstrap-servers", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.KAFKA, "interrupted while waiting for Kafka", e);
        }
    }

    private static String words(Throwable cause) {
        return cause instanceof org.apache.kafka.common.errors.TimeoutException
                ? "no answer (" + cause.getMessage() + "); check kafka.bootstrap-servers and that the brokers run"
                : String.valueOf(cause.getMessage());
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(2));
    }
}
