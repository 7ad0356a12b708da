package dev.sluice.embedded;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** How the embedded broker is set up: one node, durable data, small footprint, quick to start and to stop. */
final class KafkaSettings {
    static final int NODE_ID = 1;
    static final String CONTROLLER = "CONTROLLER";
    private static final String BROKER = "BROKER";
    private static final String HOST = Loopback.HOST;

    /** The largest record is 16 MiB; batch and record headers come on top. */
    private static final int MAX_MESSAGE_BYTES = 17 << 20;

    private KafkaSettings() {}

    static Map<String, String> of(Path directory, EmbeddedKafka.Ports ports) {
        Map<String, String> settings = new HashMap<>();
        settings.putAll(node(directory, ports));
        settings.putAll(singleReplica());
        settings.putAll(keepEverything());
        settings.putAll(footprint());
        settings.putAll(latency());
        return settings;
    }

    /** The same node without its broker. */
    static Map<String, String> controllerOnly(Path directory, EmbeddedKafka.Ports ports) {
        Map<String, String> settings = of(directory, ports);
        settings.put("process.roles", "controller");
        settings.put("listeners", CONTROLLER + "://" + HOST + ":" + ports.controller());
        settings.remove("advertised.listeners");
        settings.remove("inter.broker.listener.name");
        settings.put("listener.security.protocol.map", CONTROLLER + ":PLAINTEXT,PLAINTEXT:PLAINTEXT");
        return settings;
    }

    /** Voters are static: a quorum that is kept in the data would bind the data to the port of its first start. */
    private static Map<String, String> node(Path directory, EmbeddedKafka.Ports ports) {
        String broker = BROKER + "://" + HOST + ":" + ports.broker();
        return Map.of(
                "process.roles",
                "broker,controller",
                "node.id",
                Integer.toString(NODE_ID),
                "controller.quorum.voters",
                NODE_ID + "@" + HOST + ":" + ports.controller(),
                "controller.listener.names",
                CONTROLLER,
                "inter.broker.listener.name",
                BROKER,
                "listeners",
                broker + "," + CONTROLLER + "://" + HOST + ":" + ports.controller(),
                "advertised.listeners",
                broker,
                "listener.security.protocol.map",
                BROKER + ":PLAINTEXT," + CONTROLLER + ":PLAINTEXT",
                "log.dirs",
                directory.toString());
    }

    private static Map<String, String> singleReplica() {
        return Map.of(
                "default.replication.factor", "1",
                "min.insync.replicas", "1",
                "offsets.topic.replication.factor", "1",
                "offsets.topic.num.partitions", "1",
                "transaction.state.log.replication.factor", "1",
                "transaction.state.log.min.isr", "1",
                "transaction.state.log.num.partitions", "1",
                "share.coordinator.state.topic.replication.factor", "1",
                "share.coordinator.state.topic.min.isr", "1",
                "share.coordinator.state.topic.num.partitions", "1");
    }

    private static Map<String, String> keepEverything() {
        return Map.of(
                "auto.create.topics.enable", "false",
                "log.retention.ms", "-1",
                "log.retention.bytes", "-1",
                // By default the offsets of a pipeline that was stopped for a week are forgotten.
                "offsets.retention.minutes", Integer.toString(Integer.MAX_VALUE),
                "message.max.bytes", Integer.toString(MAX_MESSAGE_BYTES),
                "replica.fetch.max.bytes", Integer.toString(MAX_MESSAGE_BYTES),
                // A record's timestamp is the source's commit time, so the source's clock must neither have a record
                // refused nor roll a segment.
                "log.message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE),
                "log.roll.ms", Long.toString(Long.MAX_VALUE),
                "transaction.max.timeout.ms", "3600000");
    }

    /** With the defaults the broker alone holds 160 MiB of heap, mostly the cleaner's buffer; with these 40 MiB. */
    private static Map<String, String> footprint() {
        Map<String, String> settings = new HashMap<>(Map.of(
                "num.network.threads", "2",
                "num.io.threads", "4",
                "num.replica.fetchers", "1",
                "background.threads", "2",
                "group.coordinator.threads", "1",
                "share.coordinator.threads", "1",
                "log.cleaner.dedupe.buffer.size", Integer.toString(8 << 20),
                "offsets.load.buffer.size", Integer.toString(1 << 20),
                "transaction.state.log.load.buffer.size", Integer.toString(1 << 20),
                "queued.max.request.bytes", Integer.toString(128 << 20)));
        // After a crash the last segment of every partition is read again: small segments bound that.
        settings.put("log.segment.bytes", Integer.toString(128 << 20));
        settings.put("log.index.size.max.bytes", Integer.toString(1 << 20));
        settings.put("offsets.topic.segment.bytes", Integer.toString(16 << 20));
        settings.put("transaction.state.log.segment.bytes", Integer.toString(16 << 20));
        return settings;
    }

    private static Map<String, String> latency() {
        return Map.of(
                "group.initial.rebalance.delay.ms", "0",
                // Lower than usual, because a broker that was killed is admitted again only after its old session.
                "broker.session.timeout.ms", "2000",
                "broker.heartbeat.interval.ms", "500",
                // Every such no-op record is an fsync; nobody else follows the metadata log.
                "metadata.max.idle.interval.ms", "5000");
    }
}
