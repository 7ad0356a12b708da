package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import dev.sluice.sinks.postgresql.catalog.TargetTrigger;
import dev.sluice.sinks.postgresql.database.Sql;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Brings what a pipeline needs into the target and takes it out again. Each is one transaction, may be killed at any point and run again.
 *
 * <p>Prepared are: schema {@code sluice}, the pipeline's rows in it, column {@code _sluice_seq} of the captured tables that are guarded, and their user triggers, disabled
 * unless they are to fire. A request that says otherwise than the one before brings the tables from the one state to the other.
 */
public final class TargetPreparation {
    private static final long LOCK = 0x736c75696365L;

    private final TargetDatabase database;
    private final String pipeline;
    private final InstantSource clock;

    public TargetPreparation(TargetDatabase database, String pipeline, InstantSource clock) {
        this.database = database;
        this.pipeline = pipeline;
        this.clock = clock;
    }

    /** The pipeline's incarnation, if it is prepared. */
    public Optional<PipelineRow> pipeline() {
        return database.inTransaction(connection ->
                ControlSchema.exists(connection) ? rows(connection).pipeline() : Optional.empty());
    }

    /** The largest sequence that the pipeline's progress or any row of the named tables knows; 0 when there is none. */
    public long largestKnownSequence(Collection<TableId> tables) {
        List<TableId> withColumn = withSequenceColumn(TargetCatalog.read(database, schemas(tables)), tables);
        return database.inTransaction(connection -> largest(connection, withColumn));
    }

    /** Everything in the target that stands against the request; nothing is changed. */
    public List<Finding> check(PreparationRequest request) {
        TargetCatalog target = readTarget(request.captured());
        return database.inTransaction(connection -> {
            List<Finding> findings = new ArrayList<>(databaseFindings(connection));
            TargetChecks checks = new TargetChecks(request, Recorded.read(connection, pipeline));
            findings.addAll(checks.taken());
            for (Table table : request.captured().tables()) {
                findings.addAll(checks.check(table, target.table(table.id()).orElse(null)));
            }
            return findings;
        });
    }

    /**
     * Idempotent. Tables that were captured before and are not in the request are given back; captured again later they count as new, for changes in between
     * are not in them.
     *
     * @param dryRun only lists the statements
     * @throws SluiceException of kind TARGET naming everything that {@link #check} finds
     */
    public Prepared prepare(PreparationRequest request, boolean dryRun) {
        refuse(check(request));
        List<TableId> all = new ArrayList<>(capturedTables());
        request.captured().tables().forEach(table -> all.add(table.id()));
        TargetCatalog target = TargetCatalog.read(database, schemas(all));
        return database.inTransaction(connection -> {
            lock(connection);
            // Another pipeline may have come since.
            refuse(new TargetChecks(request, Recorded.read(connection, pipeline)).taken());
            Script script = new Script();
            PipelineRow row = plan(connection, request, target, script);
            if (!dryRun) {
                script.run(connection);
            }
            return new Prepared(row, script.shown());
        });
    }

    /**
     * Takes everything of the pipeline out of the target: its rows of schema {@code sluice}, the column {@code _sluice_seq}, and restores its triggers. The
     * last pipeline takes the schema with it. The rows of captured tables stay unless {@code truncate}.
     *
     * @return the statements
     * @throws SluiceException of kind REFUSED while an instance of the pipeline runs
     */
    public List<String> remove(boolean truncate, boolean dryRun) {
        TargetCatalog target = TargetCatalog.read(database, schemas(capturedTables()));
        return database.inTransaction(connection -> {
            lock(connection);
            Script script = new Script();
            if (ControlSchema.exists(connection)) {
                refuseWhileRunning(connection);
                planRemoval(connection, target, truncate, script);
            }
            if (!dryRun) {
                script.run(connection);
            }
            return script.shown();
        });
    }

    /** @throws SluiceException of kind REFUSED when the pipeline is not prepared, or by an older version */
    public void requireCurrent() {
        database.inTransaction(connection -> {
            new ControlRows(connection, pipeline).require(ControlSchema.VERSION);
            return Boolean.TRUE;
        });
    }

    /** The captured tables whose shape was left alone: they have no column for sequences. */
    public Set<TableId> unguardedTables() {
        return database.inTransaction(
                connection -> Recorded.read(connection, pipeline).unguarded());
    }

    /** The tables that the pipeline captures, by {@code sluice.tables}. */
    public List<TableId> capturedTables() {
        return database.inTransaction(connection ->
                ControlSchema.exists(connection) ? rows(connection).tables() : List.of());
    }

    /** The columns that travel, by captured table and in their order; those of a table are empty where an older version prepared it. */
    public Map<TableId, List<String>> capturedColumns() {
        return database.inTransaction(connection ->
                ControlSchema.exists(connection) ? rows(connection).columns() : Map.<TableId, List<String>>of());
    }

    private PipelineRow plan(Connection connection, PreparationRequest request, TargetCatalog target, Script script)
            throws SQLException {
        boolean exists = ControlSchema.exists(connection);
        (exists ? ControlSchema.migration(connection) : ControlSchema.statements()).forEach(script::add);
        Optional<PipelineRow> stored = exists ? rows(connection).pipeline() : Optional.empty();
        PipelineRow row = stored.isPresent() ? stored.get() : newPipeline(connection, request, target);
        if (stored.isEmpty()) {
            script.add(
                    "INSERT INTO sluice.pipelines (pipeline, pipeline_id, source_kind, format_version, first_sequence)"
                            + " VALUES (?, ?, ?, " + row.formatVersion() + ", " + row.firstSequence() + ")",
                    pipeline,
                    row.pipelineId(),
                    row.sourceKind());
        }
        planLanes(connection, request.lanes(), stored.isPresent(), row, target, script);
        Recorded recorded = Recorded.read(connection, pipeline);
        Set<TableId> dropped = new HashSet<>(recorded.tables());
        request.captured().tables().forEach(table -> dropped.remove(table.id()));
        if (!dropped.isEmpty()) {
            new TableRelease(rows(connection), target).forget(pipeline, dropped, script);
        }
        Map<TableId, List<String>> columns = exists ? rows(connection).columns() : Map.of();
        for (Table table : request.captured().tables()) {
            TargetTable found = target.table(table.id()).orElseThrow();
            boolean fresh = stored.isPresent() && !recorded.tables().contains(table.id());
            @Nullable String joined = fresh ? request.lanes().laneOf(table.id()) : null;
            planTable(found, !request.unguarded().contains(table.id()), recorded, joined, script);
            if (fresh && found.sequenceColumn()) {
                planSequencesAway(table.id(), script);
            }
            planColumns(table, columns.getOrDefault(table.id(), List.of()), script);
            if (request.disableTriggers()) {
                planTriggers(found, recorded.pausedOf(table.id()), script);
            } else if (!recorded.pausedOf(table.id()).isEmpty()) {
                planTriggersBack(connection, found, target, script);
            }
        }
        return row;
    }

    private PipelineRow newPipeline(Connection connection, PreparationRequest request, TargetCatalog target)
            throws SQLException {
        List<TableId> captured =
                request.captured().tables().stream().map(Table::id).toList();
        long first = 1 + largest(connection, withSequenceColumn(target, captured));
        return new PipelineRow(
                pipeline, request.newPipelineId(), request.sourceKind(), ControlSchema.VERSION, first, clock.instant());
    }

    /** A lane that comes later begins behind whatever its tables know. Only for such a lane are they read: nothing makes that cheap. */
    private void planLanes(
            Connection connection,
            LaneLayout lanes,
            boolean known,
            PipelineRow row,
            TargetCatalog target,
            Script script)
            throws SQLException {
        Optional<StoredLayout> stored = known ? rows(connection).layout() : Optional.empty();
        Map<SortedSet<TableId>, Long> firsts = new HashMap<>();
        for (Map.Entry<String, SortedSet<TableId>> lane : lanes.members().entrySet()) {
            if (stored.isPresent() && stored.get().lane(lane.getKey()).isEmpty()) {
                long behindRows =
                        1 + ControlRows.largestRowSequence(connection, withSequenceColumn(target, lane.getValue()));
                firsts.put(lane.getValue(), Math.max(row.firstSequence(), behindRows));
            }
        }
        new LaneScript(pipeline, row.pipelineId(), script)
                .adjust(
                        stored.orElse(new StoredLayout(List.of())),
                        lanes,
                        tables -> firsts.getOrDefault(tables, row.firstSequence()));
    }

    /** @param joined the lane of a known pipeline that the table joins; null where it is there already, or as long as the lane */
    private void planTable(
            TargetTable table, boolean guarded, Recorded recorded, @Nullable String joined, Script script) {
        boolean known = recorded.tables().contains(table.id());
        boolean was = recorded.guarded(table.id());
        planShape(table, guarded, was, script);
        String name = table.id().toString();
        if (joined != null) {
            planJoining(name, joined, script);
        } else if (!known) {
            script.add(
                    "INSERT INTO sluice.tables (pipeline, table_name, phase) VALUES (?, ?, 'pending')", pipeline, name);
        }
        if (guarded != (was || !known)) {
            script.add(
                    "UPDATE sluice.tables SET guard = ? WHERE pipeline = ? AND table_name = ?",
                    guarded ? "column" : "none",
                    pipeline,
                    name);
        }
    }

    /**
     * The table begins where the lane stands. What an earlier capture has left in the log behind it is applied when the lane comes there, and may be applied again; what stands before was
     * applied to a table that was let go since, and nobody has heard of what the source has deleted meanwhile.
     */
    private void planJoining(String table, String lane, Script script) {
        script.add(
                "INSERT INTO sluice.tables (pipeline, table_name, phase, since) VALUES (?, ?, 'pending',"
                        + " (SELECT sequence + 1 FROM sluice.progress WHERE pipeline = ? AND lane = ?))",
                pipeline,
                table,
                pipeline,
                lane);
    }

    /** @param was whether the column is there because this pipeline made it */
    private static void planShape(TargetTable table, boolean guarded, boolean was, Script script) {
        String alter = "ALTER TABLE " + Sql.quote(table.id());
        String column = Sql.quote(Sql.SEQUENCE_COLUMN);
        if (guarded && !table.sequenceColumn()) {
            script.add(alter + " ADD COLUMN " + column + " bigint");
        } else if (!guarded && was && table.sequenceColumn()) {
            script.add(alter + " DROP COLUMN " + column);
        }
    }

    /** Of a table that joins a lane which is under way: sequences that somebody else wrote could be ahead of the lane's and would keep its events out. */
    private static void planSequencesAway(TableId table, Script script) {
        String column = Sql.quote(Sql.SEQUENCE_COLUMN);
        script.add("UPDATE " + Sql.quote(table) + " SET " + column + " = NULL WHERE " + column + " IS NOT NULL");
    }

    private void planColumns(Table table, List<String> known, Script script) {
        List<String> names = table.columns().stream().map(Column::name).toList();
        if (!names.equals(known)) {
            List<String> values = new ArrayList<>(names);
            values.add(pipeline);
            values.add(table.id().toString());
            script.add(
                    "UPDATE sluice.tables SET columns = " + LaneScript.array(names)
                            + " WHERE pipeline = ? AND table_name = ?",
                    values.toArray(String[]::new));
        }
    }

    private void planTriggers(TargetTable table, Set<String> paused, Script script) {
        List<TargetTrigger> enabled =
                table.userTriggers().stream().filter(TargetTrigger::enabled).toList();
        for (TargetTrigger trigger : enabled) {
            if (!paused.contains(trigger.name())) {
                script.add(
                        "INSERT INTO sluice.triggers (pipeline, table_name, trigger_name, previous_state) VALUES (?, ?, ?, ?)",
                        pipeline,
                        table.id().toString(),
                        trigger.name(),
                        trigger.state());
            }
        }
        if (!enabled.isEmpty()) {
            script.add("ALTER TABLE " + Sql.quote(table.id()) + " DISABLE TRIGGER USER");
        }
    }

    private void planTriggersBack(Connection connection, TargetTable table, TargetCatalog target, Script script)
            throws SQLException {
        new TableRelease(rows(connection), target).restoreTriggers(Set.of(table.id()), script);
        script.add(
                "DELETE FROM sluice.triggers WHERE pipeline = ? AND table_name = ?",
                pipeline,
                table.id().toString());
    }

    private void planRemoval(Connection connection, TargetCatalog target, boolean truncate, Script script)
            throws SQLException {
        ControlSchema.migration(connection).forEach(script::add);
        ControlRows rows = rows(connection);
        TableRelease release = new TableRelease(rows, target);
        List<TableId> mine = rows.tables();
        release.restoreTriggers(Set.copyOf(mine), script);
        List<TableId> there =
                mine.stream().filter(id -> target.table(id).isPresent()).toList();
        if (truncate && !there.isEmpty()) {
            script.add("TRUNCATE " + there.stream().map(Sql::quote).collect(Collectors.joining(", ")));
        }
        release.restoreIndexes(Set.copyOf(mine), script);
        mine.forEach(table -> release.dropColumn(table, script));
        if (rows.isLastPipeline()) {
            script.add("DROP SCHEMA sluice CASCADE");
        } else {
            for (ControlRows.NotedKeys noted : rows.notedKeys()) {
                script.add(noted.drop());
            }
            ControlSchema.TABLES.forEach(
                    name -> script.add("DELETE FROM sluice." + name + " WHERE pipeline = ?", pipeline));
        }
    }

    private void refuseWhileRunning(Connection connection) throws SQLException {
        List<String> running = rows(connection)
                .list(
                        "SELECT role, host, pid FROM sluice.instances WHERE pipeline = ? AND lease_until > clock_timestamp()",
                        row -> row.getString(1) + " on " + row.getString(2) + ", process " + row.getLong(3));
        if (!running.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "pipeline " + pipeline + " is still running (" + String.join("; ", running)
                            + "). Stop it before it is removed.");
        }
    }

    private List<Finding> databaseFindings(Connection connection) throws SQLException {
        if (ControlSchema.exists(connection)) {
            return List.of();
        }
        String sql = """
                SELECT current_user, has_database_privilege(current_database(), 'CREATE'),
                       coalesce((SELECT has_schema_privilege(n.oid, 'CREATE') AND pg_has_role(n.nspowner, 'USAGE')
                                 FROM pg_catalog.pg_namespace n WHERE n.nspname = 'sluice'), false)""";
        try (Statement query = connection.createStatement();
                ResultSet row = query.executeQuery(sql)) {
            boolean allowed = row.next() && (row.getBoolean(2) || row.getBoolean(3));
            return allowed
                    ? List.of()
                    : List.of(Finding.error(
                            "target-privilege",
                            "database " + database.name(),
                            "does not let " + row.getString(1) + " create schema sluice",
                            "GRANT CREATE ON DATABASE to that user, or create an empty schema sluice that it owns."));
        }
    }

    private static void refuse(List<Finding> findings) {
        List<Finding> errors = findings.stream()
                .filter(f -> f.severity() == Finding.Severity.ERROR)
                .toList();
        if (!errors.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.TARGET,
                    "the target is not ready: "
                            + errors.stream()
                                    .map(f -> f.subject() + " " + f.message() + ". " + f.action())
                                    .collect(Collectors.joining(" · ")));
        }
    }

    private long largest(Connection connection, List<TableId> tables) throws SQLException {
        long progress = ControlSchema.exists(connection) ? rows(connection).largestProgress() : 0;
        return Math.max(progress, ControlRows.largestRowSequence(connection, tables));
    }

    private static List<TableId> withSequenceColumn(TargetCatalog target, Collection<TableId> tables) {
        return tables.stream()
                .filter(id -> target.table(id).map(TargetTable::sequenceColumn).orElse(false))
                .toList();
    }

    private TargetCatalog readTarget(Catalog captured) {
        return TargetCatalog.read(
                database, schemas(captured.tables().stream().map(Table::id).toList()));
    }

    private static Set<String> schemas(Collection<TableId> tables) {
        return tables.stream().map(TableId::schema).collect(Collectors.toSet());
    }

    private ControlRows rows(Connection connection) {
        return new ControlRows(connection, pipeline);
    }

    /** Two preparations at once would both see nothing and both create. */
    static void lock(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_xact_lock(" + LOCK + ")");
        }
    }
}
