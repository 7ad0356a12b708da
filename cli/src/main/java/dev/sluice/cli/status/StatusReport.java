package dev.sluice.cli.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.cli.stations.Role;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.PipelineStatus.Lane;
import dev.sluice.sinks.postgresql.control.PipelineStatus.TableStatus;
import dev.sluice.sinks.postgresql.control.Verified;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A pipeline's status as text and as JSON. Remembers the one before, for rows/s. */
final class StatusReport {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String pipeline;
    private @Nullable PipelineStatus before;

    StatusReport(String pipeline) {
        this.pipeline = pipeline;
    }

    String text(PipelineStatus status, Verified verified) {
        StringBuilder text = new StringBuilder(headline(status));
        for (Lane lane : status.lanes()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%nlane %s: applied sequence %d, lag %s",
                    lane.name(),
                    lane.sequence(),
                    lag(status, lane)));
            if (lane.message() != null) {
                text.append(", ").append(lane.state()).append(": ").append(lane.message());
            }
        }
        status.replays()
                .forEach(replay -> text.append(String.format(
                        Locale.ROOT,
                        "%nlane %s: replay from sequence %d, %s",
                        replay.lane(),
                        replay.from(),
                        replay.progress())));
        int width = status.tables().stream()
                .mapToInt(t -> t.table().toString().length())
                .max()
                .orElse(5);
        String row = "%n%-" + Math.max(5, width) + "s %-8s %12s %10s %10s %12s %11s";
        text.append(String.format(
                Locale.ROOT, row, "table", "phase", "rows read", "rows/s", "waiting", "dead letters", "transformed"));
        for (TableStatus table : status.tables()) {
            text.append(String.format(
                    Locale.ROOT,
                    row,
                    table.table(),
                    table.phase(),
                    table.snapshotRows(),
                    rowsPerSecond(status, table),
                    table.waiting() + table.stale() + table.held(),
                    table.openDeadLetters(),
                    table.transformedRows()));
        }
        new VerifiedReport(status, verified).lines().forEach(line -> text.append(String.format("%n%s", line)));
        before = status;
        return text.toString();
    }

    private String headline(PipelineStatus status) {
        if (status.pipeline().isEmpty()) {
            return "pipeline " + pipeline + ": not prepared";
        }
        Map<String, List<String>> roles = new TreeMap<>();
        status.instances().stream()
                .filter(PipelineStatus.Instance::alive)
                .filter(instance -> Role.isPart(instance.role()))
                .forEach(i -> roles.computeIfAbsent(
                                "process " + i.pid() + " on " + i.host(), process -> new ArrayList<>())
                        .add(i.role()));
        if (roles.isEmpty()) {
            return "pipeline " + pipeline + ": stopped";
        }
        boolean together = roles.size() == 1 && roles.values().iterator().next().size() == Role.SINGLE.size();
        String running = roles.entrySet().stream()
                .map(e -> together ? e.getKey() : String.join(" and ", e.getValue()) + " in " + e.getKey())
                .collect(Collectors.joining("; "));
        return "pipeline " + pipeline + ": running, " + running;
    }

    String json(PipelineStatus status, Verified verified) {
        ObjectNode root = JSON.createObjectNode();
        root.put("pipeline", pipeline);
        status.pipeline().ifPresent(row -> root.put("pipelineId", row.pipelineId()));
        root.put("prepared", status.pipeline().isPresent());
        root.put("running", status.instances().stream().anyMatch(i -> i.alive() && Role.isPart(i.role())));
        ArrayNode instances = root.putArray("instances");
        status.instances().stream()
                .filter(PipelineStatus.Instance::alive)
                .forEach(i -> instances
                        .addObject()
                        .put("role", i.role())
                        .put("host", i.host())
                        .put("pid", i.pid()));
        ArrayNode lanes = root.putArray("lanes");
        status.lanes().forEach(lane -> lane(lanes.addObject(), status, lane));
        ArrayNode tables = root.putArray("tables");
        status.tables().forEach(table -> table(tables.addObject(), status, table));
        new VerifiedReport(status, verified).json(root);
        ArrayNode replays = root.putArray("replays");
        status.replays()
                .forEach(replay -> replays.addObject()
                        .put("lane", replay.lane())
                        .put("from", replay.from())
                        .put("truncate", replay.truncates())
                        .put("state", replay.state())
                        .put("done", replay.done())
                        .put("total", replay.total())
                        .put("refused", replay.refused()));
        root.put("waiting", status.waiting());
        root.put("deadLetters", status.openDeadLetters());
        before = status;
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void lane(ObjectNode node, PipelineStatus status, Lane lane) {
        node.put("lane", lane.name());
        node.put("appliedSequence", lane.sequence());
        Duration lag = duration(status, lane);
        if (lag == null) {
            node.putNull("lagSeconds");
        } else {
            node.put("lagSeconds", lag.toMillis() / 1e3);
        }
        node.put("state", lane.state());
        node.put("message", lane.message());
    }

    private void table(ObjectNode node, PipelineStatus status, TableStatus table) {
        node.put("table", table.table().toString());
        node.put("phase", table.phase());
        node.put("snapshotRows", table.snapshotRows());
        node.put("rowsPerSecond", rowsPerSecond(status, table));
        node.put("waiting", table.waiting());
        node.put("stale", table.stale());
        node.put("held", table.held());
        node.put("deadLetters", table.openDeadLetters());
        node.put("transformedValues", table.transformed());
        node.put("transformedRows", table.transformedRows());
    }

    private static String lag(PipelineStatus status, Lane lane) {
        Duration lag = duration(status, lane);
        return lag == null ? "unknown" : String.format(Locale.ROOT, "%.1f s", lag.toMillis() / 1e3);
    }

    private static @Nullable Duration duration(PipelineStatus status, Lane lane) {
        Instant now = status.readAt();
        Instant applied = lane.sourceTime();
        if (now == null || applied == null) {
            return null;
        }
        Duration lag = Duration.between(applied, now);
        return lag.isNegative() ? Duration.ZERO : lag;
    }

    /** Of the first load; 0 in the first report. */
    private long rowsPerSecond(PipelineStatus status, TableStatus table) {
        PipelineStatus earlier = before;
        Instant now = status.readAt();
        if (earlier == null || earlier.readAt() == null || now == null) {
            return 0;
        }
        long millis = Duration.between(earlier.readAt(), now).toMillis();
        long rows = earlier.tables().stream()
                .filter(t -> t.table().equals(table.table()))
                .mapToLong(t -> table.snapshotRows() - t.snapshotRows())
                .findFirst()
                .orElse(0);
        return millis <= 0 ? 0 : rows * 1000 / millis;
    }
}
