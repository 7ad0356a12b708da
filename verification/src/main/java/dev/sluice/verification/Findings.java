package dev.sluice.verification;

import dev.sluice.schemas.relational.TableId;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads what comparisons found from schema {@code sluice}; changes nothing. */
public final class Findings {
    private static final String HEAD =
            "SELECT mode, sample_percent, live, started_at, ended_at FROM sluice.verifications WHERE pipeline = ? AND id = ?";
    private static final String TABLES = """
            SELECT table_name, phase = 'done', compared, matched, source_rows, target_rows, source_checksum, target_checksum, quiet, coalesce(sequence, 0),
              active_millis, ended_at, note FROM sluice.verified_tables WHERE pipeline = ? AND verification = ? ORDER BY ordinal""";
    /** What is not settled yet counts as nothing but as unsettled. */
    private static final String COUNTS = """
            SELECT table_name, CASE WHEN settled_at IS NULL THEN 'unsettled' ELSE verdict END, count(*) FILTER (WHERE equal_at IS NULL),
              count(*) FILTER (WHERE equal_at IS NOT NULL), sum(source_rows), sum(target_rows)
            FROM sluice.verification WHERE pipeline = ? AND verification = ? GROUP BY 1, 2""";

    private static final String CHECKS =
            "SELECT name, outcome, coalesce(source_rows, -1), target_rows, message FROM sluice.verified_checks WHERE pipeline = ? AND verification = ? ORDER BY name";
    private static final String KEYS = """
            SELECT CASE WHEN settled_at IS NULL THEN 'unsettled' ELSE verdict END, key, columns, source_values, target_values FROM sluice.verification
            WHERE pipeline = ? AND verification = ? AND table_name = ? AND equal_at IS NULL AND key > ? ORDER BY key LIMIT ?""";

    private final TargetSessions target;
    private final String pipeline;

    public Findings(TargetSessions target, String pipeline) {
        this.target = target;
        this.pipeline = pipeline;
    }

    /** A comparison as it stands. */
    public Optional<Result> read(long id) {
        return target.inTransaction(connection -> {
            Snapshots.begin(connection);
            return read(connection, id);
        });
    }

    /**
     * Tables as their comparisons stand, each by its own.
     *
     * @param ids by table, in the order of the result
     */
    Result read(Map<TableId, Long> ids) {
        return target.inTransaction(connection -> {
            Snapshots.begin(connection);
            List<TableResult> tables = new ArrayList<>();
            for (long id : new TreeSet<>(ids.values())) {
                read(connection, id).orElseThrow().tables().stream()
                        .filter(table -> Long.valueOf(id).equals(ids.get(table.table())))
                        .forEach(tables::add);
            }
            List<TableId> order = List.copyOf(ids.keySet());
            tables.sort(Comparator.comparingInt(table -> order.indexOf(table.table())));
            return read(connection, Collections.max(ids.values())).orElseThrow().with(tables);
        });
    }

    private Optional<Result> read(Connection connection, long id) throws SQLException {
        Map<String, Counts> counts = counts(connection, id);
        List<TableResult> tables = list(connection, TABLES, id, row -> table(row, id, counts));
        List<CheckResult> checks = list(connection, CHECKS, id, Findings::check);
        return list(
                        connection,
                        HEAD,
                        id,
                        row -> new Result(
                                pipeline,
                                id,
                                Mode.valueOf(row.getString(1).toUpperCase(Locale.ROOT)),
                                row.getDouble(2),
                                row.getBoolean(3),
                                instant(row, 4).orElseThrow(),
                                instant(row, 5).orElse(null),
                                tables,
                                checks))
                .stream()
                .findFirst();
    }

    /** What the keys of a table add to it. */
    private static final class Counts {
        private final Map<Verdict, Long> verdicts = new EnumMap<>(Verdict.class);
        private long repaired;
        private long sourceRows;
        private long targetRows;
    }

    private Map<String, Counts> counts(Connection connection, long id) throws SQLException {
        Map<String, Counts> counts = new LinkedHashMap<>();
        list(connection, COUNTS, id, row -> {
            Counts table = counts.computeIfAbsent(row.getString(1), name -> new Counts());
            if (row.getLong(3) > 0) {
                table.verdicts.merge(verdict(row.getString(2)), row.getLong(3), Long::sum);
            }
            table.repaired += row.getLong(4);
            table.sourceRows += row.getLong(5);
            table.targetRows += row.getLong(6);
            return true;
        });
        return counts;
    }

    private static TableResult table(ResultSet row, long id, Map<String, Counts> all) throws SQLException {
        Counts counts = all.getOrDefault(row.getString(1), new Counts());
        return new TableResult(
                TableId.parse(row.getString(1)),
                id,
                row.getBoolean(2),
                row.getLong(3),
                row.getLong(4) + counts.repaired,
                row.getLong(5) + counts.sourceRows,
                row.getLong(6) + counts.targetRows,
                counts.verdicts,
                counts.repaired,
                Checksum.parse(row.getString(7)),
                Checksum.parse(row.getString(8)),
                row.getBoolean(9),
                row.getLong(10),
                Duration.ofMillis(row.getLong(11)),
                instant(row, 12).orElse(null),
                row.getString(13));
    }

    private static CheckResult check(ResultSet row) throws SQLException {
        return new CheckResult(
                row.getString(1),
                CheckResult.Outcome.valueOf(row.getString(2).toUpperCase(Locale.ROOT)),
                row.getLong(3),
                row.getLong(4),
                row.getString(5));
    }

    /**
     * Keys of a table that are not equal at present, in the order of their texts.
     *
     * @param after the last one of the page before; empty for the first page
     */
    public List<Difference> page(long id, TableId table, String after, int limit) {
        return target.inTransaction(connection -> {
            List<Difference> page = new ArrayList<>();
            try (PreparedStatement query = connection.prepareStatement(KEYS)) {
                query.setString(1, pipeline);
                query.setLong(2, id);
                query.setString(3, table.toString());
                query.setString(4, after);
                query.setInt(5, limit);
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        page.add(new Difference(
                                verdict(row.getString(1)),
                                row.getString(2),
                                texts(row, 3),
                                texts(row, 4),
                                texts(row, 5)));
                    }
                }
            }
            return page;
        });
    }

    private static List<@Nullable String> texts(ResultSet row, int column) throws SQLException {
        Array array = row.getArray(column);
        return Arrays.asList((String[]) array.getArray());
    }

    private static Verdict verdict(String name) {
        return Verdict.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private static Optional<Instant> instant(ResultSet row, int column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }

    /** What a row says. */
    private interface Reading<T> {
        T of(ResultSet row) throws SQLException;
    }

    private <T> List<T> list(Connection connection, String sql, long id, Reading<T> reading) throws SQLException {
        List<T> rows = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setLong(2, id);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    rows.add(reading.of(row));
                }
            }
        }
        return rows;
    }
}
