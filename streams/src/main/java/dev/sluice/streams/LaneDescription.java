package dev.sluice.streams;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.TopologyDescription.Node;
import org.apache.kafka.streams.TopologyDescription.Processor;
import org.apache.kafka.streams.TopologyDescription.Sink;
import org.apache.kafka.streams.TopologyDescription.Source;

/** A lane's topology for people. Node names are unique within a lane only. */
public final class LaneDescription {
    private final String lane;
    private final TopologyDescription topology;

    LaneDescription(String lane, TopologyDescription topology) {
        this.lane = lane;
        this.topology = topology;
    }

    /** Kafka Streams' own description. */
    public String text() {
        return topology.toString();
    }

    /** A Graphviz graph with one lane. */
    public String dot() {
        return dot(List.of(this));
    }

    /** A Graphviz graph with a cluster per lane; topics that several lanes use are drawn once. */
    public static String dot(List<LaneDescription> lanes) {
        List<String> lines = new ArrayList<>(List.of("digraph sluice {", "  rankdir=LR;", "  node [shape=box];"));
        lanes.forEach(lane -> lane.cluster(lines));
        lanes.stream().flatMap(lane -> lane.topics().stream()).distinct().forEach(lines::add);
        lanes.forEach(lane -> lane.edges(lines));
        lines.add("}");
        return String.join("\n", lines) + "\n";
    }

    private void cluster(List<String> lines) {
        lines.add("  subgraph " + quoted("cluster " + lane) + " {");
        lines.add("    label=" + quoted("lane " + lane) + ";");
        for (Node node : nodes()) {
            lines.add("    " + id(node.name()) + " [label=" + quoted(node.name()) + "];");
        }
        for (String store : stores()) {
            lines.add("    " + id("store " + store) + " [label=" + quoted(store) + ", shape=cylinder];");
        }
        lines.add("  }");
    }

    private List<String> topics() {
        return nodes().stream()
                .flatMap(node -> topicsOf(node).stream())
                .map(topic -> "  " + quoted(topic) + " [shape=cds];")
                .toList();
    }

    private void edges(List<String> lines) {
        for (Node node : nodes()) {
            String name = id(node.name());
            boolean reads = node instanceof Source;
            for (String topic : topicsOf(node)) {
                lines.add(reads ? edge(quoted(topic), name) : edge(name, quoted(topic)));
            }
            node.successors().forEach(next -> lines.add(edge(name, id(next.name()))));
            if (node instanceof Processor processor) {
                processor.stores().stream()
                        .sorted()
                        .forEach(store -> lines.add("  " + name + " -> " + id("store " + store) + " [dir=none];"));
            }
        }
    }

    private List<String> topicsOf(Node node) {
        if (node instanceof Source source) {
            return source.topicSet().stream().sorted().toList();
        }
        if (node instanceof Sink sink) {
            return List.of(sink.topic() == null ? String.valueOf(sink.topicNameExtractor()) : sink.topic());
        }
        return List.of();
    }

    private List<Node> nodes() {
        return topology.subtopologies().stream()
                .flatMap(s -> s.nodes().stream())
                .toList();
    }

    private List<String> stores() {
        return nodes().stream()
                .filter(Processor.class::isInstance)
                .flatMap(node -> ((Processor) node).stores().stream())
                .distinct()
                .sorted()
                .toList();
    }

    private String id(String name) {
        return quoted(lane + "/" + name);
    }

    private static String edge(String from, String to) {
        return "  " + from + " -> " + to + ";";
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
