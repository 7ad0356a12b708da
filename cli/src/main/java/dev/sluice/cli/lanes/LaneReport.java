package dev.sluice.cli.lanes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The lanes of a pipeline as text and as JSON. */
record LaneReport(StoredLayout layout, PipelineStatus status) {
    private static final ObjectMapper JSON = new ObjectMapper();

    String text() {
        return layout.lanes().stream().map(this::text).collect(Collectors.joining("\n"));
    }

    private String text(StoredLayout.Lane lane) {
        StringBuilder text = new StringBuilder("lane " + lane.name() + ": from sequence " + lane.firstSequence());
        standing(lane).ifPresent(at -> {
            text.append(", applied ").append(at.sequence());
            if (at.state() != null) {
                text.append(", ").append(at.state());
            }
            if (at.message() != null) {
                text.append(": ").append(at.message());
            }
        });
        if (!lane.ancestors().isEmpty()) {
            text.append("\n  from ").append(String.join(", ", lane.ancestors()));
        }
        text.append("\n  ").append(lane.tables().stream().map(TableId::toString).collect(Collectors.joining(", ")));
        return text.toString();
    }

    private Optional<PipelineStatus.Lane> standing(StoredLayout.Lane lane) {
        return status.lane(lane.name());
    }

    String json() {
        ObjectNode root = JSON.createObjectNode();
        ArrayNode lanes = root.putArray("lanes");
        layout.lanes().forEach(lane -> {
            ObjectNode node = lanes.addObject();
            node.put("lane", lane.name());
            node.put("firstSequence", lane.firstSequence());
            texts(node.putArray("ancestors"), lane.ancestors());
            texts(
                    node.putArray("tables"),
                    lane.tables().stream().map(TableId::toString).toList());
            standing(lane).ifPresent(at -> {
                node.put("appliedSequence", at.sequence());
                node.put("state", at.state());
                node.put("message", at.message());
            });
        });
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void texts(ArrayNode array, List<String> values) {
        values.forEach(array::add);
    }
}
