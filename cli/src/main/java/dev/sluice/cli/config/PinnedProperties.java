package dev.sluice.cli.config;

import java.util.List;
import java.util.Set;

/** Properties of Kafka's clients that decide whether a record may be lost, doubled or skipped. Nobody but Sluice sets them. */
final class PinnedProperties {
    private static final Set<String> NAMES = Set.of(
            "acks",
            "application.id",
            "allow.auto.create.topics",
            "auto.offset.reset",
            "bootstrap.servers",
            "enable.auto.commit",
            "enable.idempotence",
            "group.id",
            "group.instance.id",
            "isolation.level",
            "key.deserializer",
            "key.serializer",
            "num.stream.threads",
            "processing.guarantee",
            "state.dir",
            "transactional.id",
            "value.deserializer",
            "value.serializer");
    private static final List<String> FAMILIES = List.of("exception.handler", "timestamp.extractor");
    /** Kafka Streams takes a client's property with one of these before it, too. */
    private static final List<String> PREFIXES =
            List.of("main.consumer.", "restore.consumer.", "global.consumer.", "consumer.", "producer.", "admin.");

    private PinnedProperties() {}

    static boolean contains(String name) {
        String bare = PREFIXES.stream()
                .filter(name::startsWith)
                .findFirst()
                .map(p -> name.substring(p.length()))
                .orElse(name);
        return NAMES.contains(bare) || FAMILIES.stream().anyMatch(bare::contains);
    }
}
