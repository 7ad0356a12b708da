package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads {@link RowOutcomes} in the caller's transaction. Used once. */
final class OutcomeQueries {
    /** Keys that are shown for each reason. */
    private static final int SAMPLES = 5;

    /** A row that both waits and is dead counts as dead. */
    private static final String WAITING = """
            FROM sluice.waiting w LEFT JOIN (SELECT DISTINCT table_name, key FROM sluice.dead_letters
              WHERE pipeline = ? AND snapshot AND state IN ('open', 'discarded')) d ON w.snapshot AND d.table_name = w.table_name AND d.key = w.key
            WHERE w.pipeline = ? AND d.key IS NULL""";

    private final Connection connection;
    private final String pipeline;
    private final ControlRows rows;
    private final Map<String, List<RowOutcomes.Rule>> rules = new HashMap<>();
    private final Map<String, List<RowOutcomes.Waiting>> waiting = new HashMap<>();
    private final Map<String, List<Dead>> dead = new HashMap<>();
    private final Map<Long, DeadLetterList.Content> letters = new HashMap<>();

    private record Dead(
            String reason, @Nullable String column, long snapshot, long discarded, long followed, List<Long> ids) {}

    OutcomeQueries(Connection connection, String pipeline) {
        this.connection = connection;
        this.pipeline = pipeline;
        this.rows = new ControlRows(connection, pipeline);
    }

    RowOutcomes read() throws SQLException {
        rows.require(ControlSchema.WITH_OUTCOMES);
        readRules();
        readWaiting();
        readDead();
        readLetters();
        PipelineRow prepared = rows.pipeline()
                .orElseThrow(() -> SluiceException.of(ErrorKind.REFUSED, "pipeline " + pipeline + " is not prepared"));
        List<RowOutcomes.Table> tables = rows.list(
                "SELECT table_name, phase, snapshot_rows, snapshot_came, snapshot_transformed, snapshot_gone, live_upserts, live_deletes, live_transformed"
                        + " FROM sluice.tables WHERE pipeline = ? ORDER BY table_name",
                this::table);
        return new RowOutcomes(
                prepared,
                rows.list(
                                "SELECT clock_timestamp(), ?::text",
                                row -> row.getObject(1, OffsetDateTime.class).toInstant())
                        .get(0),
                tables);
    }

    private RowOutcomes.Table table(ResultSet row) throws SQLException {
        String name = row.getString(1);
        List<RowOutcomes.Waiting> waits = waiting.getOrDefault(name, List.of());
        List<Dead> refused = dead.getOrDefault(name, List.of());
        long nulled = waits.stream()
                .filter(RowOutcomes.Waiting::nulled)
                .mapToLong(RowOutcomes.Waiting::snapshotRows)
                .sum();
        long discarded = refused.stream().mapToLong(Dead::discarded).sum();
        long came = row.getLong(4);
        boolean counted = !row.wasNull();
        RowOutcomes.Snapshot snapshot = new RowOutcomes.Snapshot(
                row.getLong(3),
                counted ? came : null,
                row.getLong(5) + nulled,
                nulled,
                waits.stream().mapToLong(RowOutcomes.Waiting::snapshotRows).sum() - nulled,
                refused.stream().mapToLong(Dead::snapshot).sum() + discarded,
                discarded,
                row.getLong(6));
        long followedNulled = waits.stream()
                .filter(RowOutcomes.Waiting::nulled)
                .mapToLong(RowOutcomes.Waiting::followedRows)
                .sum();
        RowOutcomes.Followed followed = new RowOutcomes.Followed(
                row.getLong(7),
                row.getLong(8),
                row.getLong(9),
                followedNulled,
                waits.stream().mapToLong(RowOutcomes.Waiting::followedRows).sum() - followedNulled,
                refused.stream().mapToLong(Dead::followed).sum());
        return new RowOutcomes.Table(
                TableId.parse(name),
                row.getString(2),
                snapshot,
                followed,
                rules.getOrDefault(name, List.of()),
                waits,
                refused.stream().map(this::quarantine).toList());
    }

    private RowOutcomes.Quarantine quarantine(Dead group) {
        return new RowOutcomes.Quarantine(
                group.reason,
                group.column,
                group.snapshot,
                group.discarded,
                group.followed,
                group.ids.stream().map(letters::get).filter(Objects::nonNull).toList());
    }

    private void readRules() throws SQLException {
        rows.list(
                "SELECT table_name, column_name, rule, count, samples FROM sluice.transformed WHERE pipeline = ? ORDER BY 1, 2, 3",
                row -> add(
                        rules,
                        row.getString(1),
                        new RowOutcomes.Rule(
                                row.getString(2), row.getString(3), row.getLong(4), texts(row.getArray(5)))));
    }

    private void readWaiting() throws SQLException {
        String sql = """
                SELECT table_name, kind, why, foreign_key, parent, nulled, count(*) FILTER (WHERE snapshot), count(*) FILTER (WHERE NOT snapshot),
                  (array_agg(key ORDER BY origin, key))[1:%d]
                FROM (SELECT w.table_name, w.kind, w.key, w.origin, w.snapshot, w.nulled, substring(w.reason FROM '"reason":"([^"]*)"') AS why,
                        trim('"' FROM substring(w.reason FROM '"foreign_keys?":("[^"]*"|\\[[^]]*\\])')) AS foreign_key,
                        substring(w.reason FROM '"table":"([^"]*)"') AS parent %s) r
                GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, count(*) DESC, 4, 5, 2""".formatted(SAMPLES, WAITING);
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setString(2, pipeline);
            ControlRows.read(
                    query,
                    row -> add(
                            waiting,
                            row.getString(1),
                            new RowOutcomes.Waiting(
                                    row.getString(2),
                                    row.getString(3),
                                    row.getString(4),
                                    row.getString(5),
                                    row.getBoolean(6),
                                    row.getLong(7),
                                    row.getLong(8),
                                    texts(row.getArray(9)))));
        }
    }

    private void readDead() throws SQLException {
        String sql = """
                SELECT table_name, reason, column_name, count(*) FILTER (WHERE snapshot AND state = 'open'), count(*) FILTER (WHERE state = 'discarded'),
                  count(*) FILTER (WHERE NOT snapshot), (array_agg(id ORDER BY id))[1:%d]
                FROM sluice.dead_letters WHERE pipeline = ? AND (state = 'open' OR state = 'discarded' AND snapshot)
                GROUP BY 1, 2, 3 ORDER BY 1, count(*) DESC, 2, 3""".formatted(SAMPLES);
        rows.list(
                sql,
                row -> add(
                        dead,
                        row.getString(1),
                        new Dead(
                                row.getString(2),
                                row.getString(3),
                                row.getLong(4),
                                row.getLong(5),
                                row.getLong(6),
                                Arrays.asList((Long[]) row.getArray(7).getArray()))));
    }

    private void readLetters() throws SQLException {
        Object[] ids = dead.values().stream()
                .flatMap(List::stream)
                .flatMap(group -> group.ids.stream())
                .toArray();
        if (ids.length == 0) {
            return;
        }
        for (DeadLetterList.Content content : DeadLetterList.contents(connection, pipeline, ids)) {
            letters.put(content.letter().id(), content);
        }
    }

    private static List<String> texts(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }

    private static <T> boolean add(Map<String, List<T>> lists, String table, T entry) {
        return lists.computeIfAbsent(table, name -> new ArrayList<>()).add(entry);
    }
}
