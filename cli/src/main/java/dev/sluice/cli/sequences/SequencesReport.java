package dev.sluice.cli.sequences;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.cli.Json;
import dev.sluice.cli.stations.Role;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.sequences.SequenceUse;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sequences as text and as JSON.
 *
 * @param status read before the sequences were
 * @param found as they were found
 * @param applied whether those that are behind were to be moved
 * @param moved what those that were will give next
 */
record SequencesReport(
        String pipeline,
        PipelineStatus status,
        boolean sourceAsked,
        List<SequenceUse> found,
        boolean applied,
        Map<TableId, BigInteger> moved) {
    private static final List<String> HEADLINE =
            List.of("column", "sequence", "last in the rows", "last in the source", "next", "would be", "");

    /** Whether every sequence will meet no row. */
    boolean isReady() {
        return found.stream().allMatch(use -> use.exhausted().isEmpty() && (applied || !use.isBehind()));
    }

    String text() {
        if (found.isEmpty()) {
            return "no column of a captured table takes its default from a sequence";
        }
        List<List<String>> lines = new ArrayList<>(List.of(HEADLINE));
        found.forEach(use -> use.columns().forEach(column -> lines.add(line(use, column))));
        List<String> text = new ArrayList<>(aligned(lines));
        found.forEach(use -> use.exhausted().ifPresent(text::add));
        text.addAll(remarks());
        text.add(verdict());
        return String.join(System.lineSeparator(), text);
    }

    private List<String> line(SequenceUse use, SequenceUse.Column column) {
        return List.of(
                column.table() + "." + column.name(),
                use.state().id().toString(),
                orNone(column.furthest() == null ? null : column.furthest().toPlainString()),
                orNone(column.sourceCounter()),
                use.state().next().toString(),
                use.wouldBe().toString(),
                state(use, column));
    }

    private String state(SequenceUse use, SequenceUse.Column column) {
        if (use.exhausted().isPresent()) {
            return "ends";
        }
        if (moved.containsKey(use.state().id())) {
            return "moved";
        }
        if (use.isBehind()) {
            return applied ? "moved by others" : "behind";
        }
        return column.number() ? "" : "not compared: " + column.type();
    }

    private static String orNone(@Nullable Object value) {
        return value == null ? "-" : value.toString();
    }

    private static List<String> aligned(List<List<String>> lines) {
        List<String> aligned = new ArrayList<>();
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < line.size(); i++) {
                int column = i;
                int width = lines.stream()
                        .mapToInt(other -> other.get(column).length())
                        .max()
                        .orElse(0);
                text.append(line.get(i)).append(" ".repeat(width - line.get(i).length() + 2));
            }
            aligned.add(text.toString().stripTrailing());
        }
        return aligned;
    }

    private List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (isRunning()) {
            String lanes = status.lanes().stream()
                    .map(lane -> lane.name() + " " + lane.sequence())
                    .collect(Collectors.joining(", "));
            remarks.add("the pipeline is running: this holds for what is applied so far (sequence of lane " + lanes
                    + "); again when the source stands still");
        }
        if (!notLoaded().isEmpty()) {
            remarks.add("not loaded yet: " + String.join(", ", notLoaded()) + "; again when they are");
        }
        if (absent() > 0 && !sourceCounts()) {
            remarks.add("rows that wait or are dead letters: " + absent()
                    + "; their keys are not counted, again when they are there");
        }
        if (!sourceAsked) {
            remarks.add("the source was not asked; it may have given out greater keys than these");
        }
        return remarks;
    }

    private String verdict() {
        if (applied) {
            return moved.isEmpty()
                    ? "no sequence is behind"
                    : "moved " + moved.size() + " of " + found.size() + " sequences";
        }
        return behind() == 0
                ? "no sequence is behind"
                : behind() + " of " + found.size() + " sequences are behind; move them with: sluice sequences --apply";
    }

    String json() {
        ObjectNode root = Json.object();
        root.put("pipeline", pipeline);
        root.put("running", isRunning());
        root.put("sourceAsked", sourceAsked);
        ArrayNode notLoaded = root.putArray("notLoaded");
        notLoaded().forEach(notLoaded::add);
        root.put("absentRows", absent());
        root.put("behind", behind());
        root.put("moved", moved.size());
        ArrayNode sequences = root.putArray("sequences");
        found.forEach(use -> sequence(sequences.addObject(), use));
        return Json.print(root);
    }

    private void sequence(ObjectNode node, SequenceUse use) {
        node.put("sequence", use.state().id().toString());
        node.put("increment", use.state().increment());
        node.put("next", use.state().next());
        node.put("wouldBe", use.wouldBe());
        node.put("behind", use.isBehind());
        node.put("movedTo", moved.get(use.state().id()));
        node.put("exhausted", use.exhausted().orElse(null));
        ArrayNode columns = node.putArray("columns");
        for (SequenceUse.Column column : use.columns()) {
            columns.addObject()
                    .put("table", column.table().toString())
                    .put("column", column.name())
                    .put("type", column.type())
                    .put("compared", column.number())
                    .put("lastInRows", column.furthest())
                    .put("lastInSource", column.sourceCounter());
        }
    }

    private boolean isRunning() {
        return status.instances().stream().anyMatch(i -> i.alive() && Role.isPart(i.role()));
    }

    private long behind() {
        return found.stream().filter(SequenceUse::isBehind).count();
    }

    private List<String> notLoaded() {
        return status.tables().stream()
                .filter(table -> !table.phase().equals("live"))
                .map(table -> table.table().toString())
                .toList();
    }

    /** Whether the source's own counters cover what is not in the target. */
    private boolean sourceCounts() {
        return found.stream()
                .flatMap(use -> use.columns().stream())
                .allMatch(column -> !column.number() || column.sourceCounter() != null);
    }

    /** Rows of which no version, or not the newest, is in the target. */
    private long absent() {
        return status.tables().stream()
                .mapToLong(table -> table.waiting() + table.openDeadLetters())
                .sum();
    }
}
