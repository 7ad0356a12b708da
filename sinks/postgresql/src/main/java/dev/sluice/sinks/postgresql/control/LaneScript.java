package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Plans what makes a stored layout another one. */
final class LaneScript {
    private final String pipeline;
    private final String pipelineId;
    private final Script script;

    LaneScript(String pipeline, String pipelineId, Script script) {
        this.pipeline = pipeline;
        this.pipelineId = pipelineId;
        this.script = script;
    }

    /**
     * Lanes that are new and tables that come or go without any other table changing its lane.
     *
     * @param firstSequence of a new lane, by its tables
     * @throws SluiceException of kind REFUSED when a table would change its lane
     */
    void adjust(StoredLayout stored, LaneLayout next, ToLongFunction<SortedSet<TableId>> firstSequence) {
        refuseMoves(stored, next);
        next.members().forEach((lane, tables) -> {
            StoredLayout.Lane known = stored.lane(lane).orElse(null);
            if (known == null) {
                create(lane, tables, firstSequence.applyAsLong(tables), List.of());
            } else if (!known.tables().equals(tables)) {
                script.add(
                        "UPDATE sluice.lanes SET tables = " + array(tables) + " WHERE pipeline = ? AND lane = ?",
                        values(texts(tables), pipeline, lane));
            }
        });
        stored.lanes().stream()
                .filter(lane -> !next.lanes().contains(lane.name()))
                .forEach(lane -> retire(lane, "none of its tables is captured any longer"));
    }

    private static void refuseMoves(StoredLayout stored, LaneLayout next) {
        SortedMap<TableId, StoredLayout.Move> moved = stored.moved(next);
        if (!moved.isEmpty()) {
            String moves = moved.entrySet().stream()
                    .map(e -> "table " + e.getKey() + " from lane "
                            + e.getValue().from() + " to lane " + e.getValue().to())
                    .collect(Collectors.joining(", "));
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the lanes of the pipeline differ from those it was prepared with: " + moves
                            + ". Move them with: sluice lanes migrate");
        }
    }

    /** A lane whose tables were in other lanes, or in this one beside others. */
    void supersede(String lane, SortedSet<TableId> tables, long firstSequence, List<StoredLayout.Lane> ancestors) {
        List<String> names = ancestors.stream().map(StoredLayout.Lane::name).toList();
        create(lane, tables, firstSequence, names);
        for (String table : List.of("sluice.dead_letters", "sluice.waiting")) {
            script.add(
                    "UPDATE " + table + " SET lane = ? WHERE pipeline = ? AND table_name = ANY(" + array(tables) + ")",
                    values(List.of(lane, pipeline), texts(tables).toArray(String[]::new)));
        }
    }

    /** What of the source is applied is what is applied in every ancestor. */
    private void create(String lane, SortedSet<TableId> tables, long firstSequence, List<String> ancestors) {
        script.add(
                "INSERT INTO sluice.lanes (pipeline, lane, tables, first_sequence, ancestors) VALUES (?, ?, "
                        + array(tables) + ", " + firstSequence + ", " + array(ancestors)
                        + ") ON CONFLICT (pipeline, lane)"
                        + " DO UPDATE SET tables = excluded.tables, first_sequence = excluded.first_sequence,"
                        + " ancestors = excluded.ancestors, state = NULL, message = NULL, at = now()",
                values(
                        List.of(pipeline, lane),
                        Stream.concat(texts(tables).stream(), ancestors.stream())
                                .toArray(String[]::new)));
        script.add(
                "INSERT INTO sluice.progress (pipeline, lane, pipeline_id, sequence, ordered_offset, epoch, source_time)"
                        + " SELECT ?, ?, ?, " + (firstSequence - 1)
                        + ", -1, 0, (SELECT min(source_time) FROM sluice.progress WHERE pipeline = ? AND lane = ANY("
                        + array(ancestors)
                        + ")) ON CONFLICT (pipeline, lane) DO UPDATE SET sequence = excluded.sequence,"
                        + " ordered_offset = -1, epoch = progress.epoch + 1, source_time = excluded.source_time",
                values(List.of(pipeline, lane, pipelineId, pipeline), ancestors.toArray(String[]::new)));
    }

    /** Its cursor goes, so that no sink can follow it any further. */
    void retire(StoredLayout.Lane lane, String why) {
        script.add(
                "UPDATE sluice.lanes SET state = 'retired', message = ?, at = now() WHERE pipeline = ? AND lane = ?",
                why,
                pipeline,
                lane.name());
        script.add("DELETE FROM sluice.progress WHERE pipeline = ? AND lane = ?", pipeline, lane.name());
    }

    static String array(Collection<?> elements) {
        return elements.stream().map(e -> "?").collect(Collectors.joining(", ", "ARRAY[", "]::text[]"));
    }

    private static List<String> texts(Collection<TableId> tables) {
        return tables.stream().map(TableId::toString).toList();
    }

    private static String[] values(List<String> first, String... then) {
        return Stream.concat(first.stream(), Stream.of(then)).toArray(String[]::new);
    }

    /** Lanes of a layout that a stored one does not have with exactly the same tables. */
    static Map<String, SortedSet<TableId>> changed(StoredLayout stored, LaneLayout next) {
        return next.members().entrySet().stream()
                .filter(e -> stored.lane(e.getKey())
                        .filter(lane -> lane.tables().equals(e.getValue()))
                        .isEmpty())
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
