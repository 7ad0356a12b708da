package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a pipeline stands by the target's own account, read in one snapshot. Everything is empty where the pipeline is not prepared.
 *
 * @param replays those that are under way
 * @param readAt the database's clock
 */
public record PipelineStatus(
        Optional<PipelineRow> pipeline,
        List<Lane> lanes,
        List<TableStatus> tables,
        List<Instance> instances,
        List<Replay> replays,
        @Nullable Instant readAt) {
    /** Not prepared. */
    public static final PipelineStatus EMPTY =
            new PipelineStatus(Optional.empty(), List.of(), List.of(), List.of(), null);

    private static final String TRANSFORMED = "(SELECT coalesce(sum(count), 0)::bigint FROM sluice.transformed x"
            + " WHERE x.pipeline = t.pipeline AND x.table_name = t.table_name)";

    private static final String PAUSED = "paused";
    /** A lane that has stopped is not paused: nothing goes on when it is resumed. */
    private static final String STATE =
            "CASE WHEN p.paused_at IS NULL OR l.state = 'stopped' THEN l.state ELSE '" + PAUSED + "' END,"
                    + " CASE WHEN p.paused_at IS NULL OR l.state = 'stopped' THEN l.message ELSE 'by ' || p.paused_by || ' since '"
                    + " || to_char(p.paused_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS\"Z\"') || ': ' || p.paused_why END";

    /**
     * @param sourceTime everything that the source committed before is applied; null before the first transaction
     * @param state {@code running}, {@code stopped} or {@code paused}; null while no sink has run
     * @param message why it stopped, or by whom, since when and why it is paused
     */
    public record Lane(
            String name,
            long sequence,
            long orderedOffset,
            long epoch,
            @Nullable Instant sourceTime,
            @Nullable Instant appliedAt,
            @Nullable String state,
            @Nullable String message) {
        public boolean isPaused() {
            return PAUSED.equals(state);
        }
    }

    /**
     * @param phase {@code pending}, {@code loading} or {@code live}
     * @param snapshotRows rows of the snapshot that have come so far, whatever became of them
     * @param rejected those among them that became dead letters
     * @param waiting rows of which no version is there
     * @param stale rows of which an older version is there
     * @param held rows that the source deleted and that are still there
     * @param openDeadLetters events that nobody has dealt with
     * @param transformed values of applied events that a rule changed
     * @param transformedRows rows with such values that were applied
     */
    public record TableStatus(
            TableId table,
            String phase,
            long snapshotRows,
            long rejected,
            long waiting,
            long stale,
            long held,
            long openDeadLetters,
            Instant updatedAt,
            long transformed,
            long transformedRows) {
        /** Nothing was changed. */
        public TableStatus(
                TableId table,
                String phase,
                long snapshotRows,
                long rejected,
                long waiting,
                long stale,
                long held,
                long openDeadLetters,
                Instant updatedAt) {
            this(table, phase, snapshotRows, rejected, waiting, stale, held, openDeadLetters, updatedAt, 0, 0);
        }
    }

    /** A process that holds, or held, a lease. */
    public record Instance(String role, String instance, String host, long pid, Instant leaseUntil, boolean alive) {}

    /** Without replays. */
    public PipelineStatus(
            Optional<PipelineRow> pipeline,
            List<Lane> lanes,
            List<TableStatus> tables,
            List<Instance> instances,
            @Nullable Instant readAt) {
        this(pipeline, lanes, tables, instances, List.of(), readAt);
    }

    public PipelineStatus {
        replays = List.copyOf(replays);
        lanes = List.copyOf(lanes);
        tables = List.copyOf(tables);
        instances = List.copyOf(instances);
    }

    public Optional<Lane> lane(String name) {
        return lanes.stream().filter(lane -> lane.name().equals(name)).findFirst();
    }

    /** The sequence up to which a lane is applied; 0 for none. */
    public long appliedSequence(String lane) {
        return lane(lane).map(Lane::sequence).orElse(0L);
    }

    /** By lane: the sequence up to which everything is applied. */
    public Map<String, Long> applied() {
        return lanes.stream().collect(Collectors.toMap(Lane::name, Lane::sequence));
    }

    public long waiting() {
        return tables.stream()
                .mapToLong(t -> t.waiting() + t.stale() + t.held())
                .sum();
    }

    public long openDeadLetters() {
        return tables.stream().mapToLong(TableStatus::openDeadLetters).sum();
    }

    public static PipelineStatus read(TargetDatabase database, String pipeline) {
        return database.inTransaction(connection -> {
            connection.createStatement().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            return ControlSchema.exists(connection) ? read(connection, new ControlRows(connection, pipeline)) : EMPTY;
        });
    }

    private static PipelineStatus read(Connection connection, ControlRows rows) throws SQLException {
        String state = ControlSchema.isAtLeast(ControlSchema.WITH_PAUSES, connection) ? STATE : "l.state, l.message";
        String lanes = "SELECT p.lane, p.sequence, p.ordered_offset, p.epoch, p.source_time, p.applied_at, " + state
                + " FROM sluice.progress p LEFT JOIN sluice.lanes l USING (pipeline, lane) WHERE p.pipeline = ? ORDER BY p.lane";
        boolean counts = ControlSchema.isAtLeast(ControlSchema.WITH_OUTCOMES, connection);
        String tables = """
                SELECT t.table_name, t.phase, t.snapshot_rows, t.rejected, coalesce(w.waiting, 0), coalesce(w.stale, 0), coalesce(w.held, 0),
                       coalesce(d.open, 0), t.updated_at, %s, %s
                FROM sluice.tables t
                LEFT JOIN (SELECT pipeline, table_name, count(*) FILTER (WHERE kind = 'wait') AS waiting,
                             count(*) FILTER (WHERE kind = 'stale') AS stale, count(*) FILTER (WHERE kind = 'hold') AS held%s
                           FROM sluice.waiting GROUP BY pipeline, table_name) w USING (pipeline, table_name)
                LEFT JOIN (SELECT pipeline, table_name, count(*) AS open FROM sluice.dead_letters WHERE state = 'open'
                           GROUP BY pipeline, table_name) d USING (pipeline, table_name)
                WHERE t.pipeline = ? ORDER BY t.table_name""".formatted(
                        ControlSchema.isAtLeast(ControlSchema.WITH_REPLAYS, connection) ? TRANSFORMED : "0",
                        counts ? "t.snapshot_transformed + t.live_transformed + coalesce(w.nulled, 0)" : "0",
                        counts ? ", count(*) FILTER (WHERE snapshot AND nulled) AS nulled" : "");
        String instances = """
                SELECT role, instance, host, pid, lease_until, lease_until > clock_timestamp() FROM sluice.instances
                WHERE pipeline = ? ORDER BY role""";
        return new PipelineStatus(
                rows.pipeline(),
                rows.list(lanes, PipelineStatus::lane),
                rows.list(tables, PipelineStatus::table),
                rows.list(instances, PipelineStatus::instance),
                ControlSchema.isAtLeast(ControlSchema.WITH_REPLAYS, connection)
                        ? rows.list(Replay.UNDER_WAY, Replay::read)
                        : List.of(),
                now(connection));
    }

    private static Lane lane(ResultSet row) throws SQLException {
        return new Lane(
                row.getString(1),
                row.getLong(2),
                row.getLong(3),
                row.getLong(4),
                instantOrNull(row, 5),
                instantOrNull(row, 6),
                row.getString(7),
                row.getString(8));
    }

    private static TableStatus table(ResultSet row) throws SQLException {
        return new TableStatus(
                TableId.parse(row.getString(1)),
                row.getString(2),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                row.getLong(8),
                instant(row, 9),
                row.getLong(10),
                row.getLong(11));
    }

    private static Instance instance(ResultSet row) throws SQLException {
        return new Instance(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getLong(4),
                instant(row, 5),
                row.getBoolean(6));
    }

    private static Instant now(Connection connection) throws SQLException {
        try (ResultSet row = connection.createStatement().executeQuery("SELECT clock_timestamp()")) {
            row.next();
            return instant(row, 1);
        }
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static @Nullable Instant instantOrNull(ResultSet row, int column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
