package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Schema {@code sluice} of the target. Its version stands in the schema's comment. {@code pipeline} is part of every table's key, so several pipelines
 * share one target without meeting. {@code table_name} is {@code schema.table}, {@code key} is {@code KeyText}.
 *
 * <ul>
 *   <li>{@code pipelines}: the incarnation. {@code pipeline_id} stands in every record of Kafka; {@code first_sequence} is the first that its lanes use.
 *   <li>{@code progress}: the cursor of each lane, written in the transaction that writes the rows. {@code sequence} is the newest applied one,
 *       {@code ordered_offset} the offset of the newest applied record of {@code ordered} (-1: none yet; a hint, verified at start), {@code epoch} counts the
 *       sinks that have claimed the lane, {@code source_time} says: everything that the source committed before is applied. While {@code paused_at} is set, nothing is applied.
 *   <li>{@code tables}: phase of each captured table: {@code pending}, {@code loading}, {@code live}. {@code snapshot_rows} counts the rows of the snapshot
 *       that have come, whatever became of them; {@code rejected} those among them that became dead letters. {@code columns} are those that travel, in
 *       their order; empty until version 2 has prepared the pipeline. {@code guard} is {@code none} for a table whose shape was not touched: it has no
 *       {@code _sluice_seq}. {@code analyzed_at}: ANALYZE has run since the snapshot's end; null until then. {@code since}: the
 *       lane's first sequence in which a table stands that joined a known pipeline; what the lane has of it from before was of an earlier capture. Null for a table that was there from the beginning.
 *       Of the rows of the present snapshot {@code snapshot_came} reached the sink (null when it began before version 5), {@code snapshot_transformed} were applied with a value that a rule changed, {@code snapshot_gone}
 *       were deleted in the source before they could be applied. {@code live_upserts}, {@code live_deletes} and, of the upserts, {@code live_transformed} count applied changes that were followed.
 *   <li>{@code transformed}: how many values a rule changed on their way, by table, column and rule, and the keys of the first rows of which some did; with the rule {@code partial-ignored} and no column, parts of rows that were let go because their snapshot was still to come.
 *   <li>{@code indexes}: indexes that are away while their table is loaded, with what makes them again.
 *   <li>{@code replays}: a range of a lane's log that is applied again, and how far that has come. {@code high_sequence} is null until the sink has begun; its
 *       unlogged table {@code replay_rows} holds the newest version of each row while one is under way, and is filled again after a crash of the server.
 *   <li>{@code waiting}: the deviations from "newest version of every row". {@code kind}: {@code wait} (no version there), {@code stale} (an older one is
 *       kept), {@code hold} (deleted in the source, still there). {@code origin} is the event's sequence, {@code sequence} the one under which it was decided. {@code snapshot}: the row was read in its table's present snapshot,
 *       and no version of it has been applied since as it is in the source. {@code nulled}: it is written, with NULL in place of references to missing parents.
 *   <li>{@code dead_letters}: events that could not become rows. {@code state}: {@code open} blocks a cutover; {@code superseded} by a later change of the
 *       key; {@code retried}: applied after a person or the sink asked the source for the row again, at {@code asked_at}; {@code discarded} by a person, who says {@code why}. {@code parents} are the rows for whose want the row is refused, as
 *       {@code [["table", "key"], …]}. At most one per key is
 *       open; {@code settled_at} and {@code settled_by} say when it ceased to be, and by whom if by a person. {@code raw} is the row in the notation {@code raw_format} names. {@code snapshot}, while it is open or discarded: as in {@code waiting}.
 *   <li>{@code triggers}: user triggers that were disabled, with {@code pg_trigger.tgenabled} as it was before.
 *   <li>{@code accepted}: rows of {@code waiting} of which a person said that they may stay as they are, and {@code why}; gone when the row's waiting ends, so that
 *       it never covers a later one.
 *   <li>{@code lanes}: the pipeline's layout, see {@link LaneRegistry}, and whether a lane is {@code running}, {@code stopped} or {@code retired}, and why; null while no
 *       sink has run. {@code tables} of a retired lane are the last it had.
 *   <li>{@code verifications} and the tables about them: see {@link VerificationTables}.
 *   <li>{@code instances}: leases of running processes by role; the clock is the database's.
 * </ul>
 */
public final class ControlSchema {
    public static final String NAME = "sluice";
    /** Version of the tables' shapes, and of what their contents mean. */
    public static final int VERSION = 6;

    /** The first that keeps what comparisons found. */
    static final int WITH_VERIFICATIONS = 6;

    /** The first that counts what became of rows. */
    static final int WITH_OUTCOMES = 5;

    /** The first that knows of replays, deferred indexes, guards and transformed values. */
    static final int WITH_REPLAYS = 4;

    /** The first in which a lane can be paused, and dead letters settled. */
    static final int WITH_PAUSES = 3;

    /** The first in which a pipeline's lanes stand in {@code lanes}, and what waits can be accepted. */
    static final int WITH_LANES = 2;

    private static final String COMMENT = "Sluice control schema, version ";
    private static final Pattern COMMENT_PATTERN = Pattern.compile(COMMENT + "(\\d+).*");

    private static final String MARK = "COMMENT ON SCHEMA sluice IS '" + COMMENT + VERSION + "'";
    private static final String ACCEPTED = """
            CREATE TABLE IF NOT EXISTS sluice.accepted (
              pipeline text NOT NULL REFERENCES sluice.pipelines, table_name text NOT NULL, key text NOT NULL, kind text NOT NULL, reason text,
              accepted_at timestamptz NOT NULL DEFAULT now(), accepted_by text NOT NULL DEFAULT current_user, why text NOT NULL,
              PRIMARY KEY (pipeline, table_name, key))""";

    private static final String TRANSFORMED = """
            CREATE TABLE IF NOT EXISTS sluice.transformed (
              pipeline text NOT NULL REFERENCES sluice.pipelines, table_name text NOT NULL, column_name text NOT NULL, rule text NOT NULL,
              count bigint NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(), samples text[] NOT NULL DEFAULT '{}',
              PRIMARY KEY (pipeline, table_name, column_name, rule))""";
    private static final String INDEXES = """
            CREATE TABLE IF NOT EXISTS sluice.indexes (
              pipeline text NOT NULL REFERENCES sluice.pipelines, table_name text NOT NULL, index_name text NOT NULL, definition text NOT NULL,
              deferred_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (pipeline, table_name, index_name))""";
    private static final String REPLAYS = """
            CREATE TABLE IF NOT EXISTS sluice.replays (
              pipeline text NOT NULL REFERENCES sluice.pipelines, id bigint GENERATED ALWAYS AS IDENTITY, lane text NOT NULL,
              from_sequence bigint NOT NULL, high_sequence bigint, high_offset bigint, tables text[] NOT NULL, truncates boolean NOT NULL, truncated boolean NOT NULL DEFAULT false,
              state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'indexing', 'applying', 'done', 'failed')),
              indexed bigint NOT NULL DEFAULT 0, indexed_offset bigint NOT NULL DEFAULT -1, total bigint, applied bigint NOT NULL DEFAULT 0, refused bigint NOT NULL DEFAULT 0,
              failure text, message text,
              asked_by text NOT NULL DEFAULT current_user, asked_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz,
              PRIMARY KEY (pipeline, id))""";
    /** A lane replays one range at a time. */
    private static final String ONE_REPLAY =
            "CREATE UNIQUE INDEX IF NOT EXISTS replays_under_way ON sluice.replays (pipeline, lane) WHERE state IN ('asked', 'indexing', 'applying')";

    private static final String REPLAY_ROWS = """
            CREATE UNLOGGED TABLE IF NOT EXISTS sluice.replay_rows (
              pipeline text NOT NULL, replay bigint NOT NULL, rank integer NOT NULL, table_name text NOT NULL, key text NOT NULL, sequence bigint NOT NULL,
              unchanged jsonb NOT NULL, header bytea NOT NULL, value bytea NOT NULL, PRIMARY KEY (pipeline, replay, table_name, key, sequence))""";
    /** Over an expression, so that nobody who looks for a key takes it: without statistics it looks as good as the primary key. */
    private static final String REPLAY_ROWS_ORDER =
            "CREATE INDEX IF NOT EXISTS replay_rows_order ON sluice.replay_rows ((replay + 0), rank, sequence)";

    private static final List<String> FIRST = List.of(
            "CREATE SCHEMA IF NOT EXISTS sluice",
            MARK,
            """
            CREATE TABLE IF NOT EXISTS sluice.pipelines (
              pipeline text PRIMARY KEY, pipeline_id text NOT NULL, source_kind text NOT NULL, format_version integer NOT NULL,
              first_sequence bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now())""",
            """
            CREATE TABLE IF NOT EXISTS sluice.progress (
              pipeline text NOT NULL REFERENCES sluice.pipelines, lane text NOT NULL, pipeline_id text NOT NULL, sequence bigint NOT NULL,
              ordered_offset bigint NOT NULL, epoch bigint NOT NULL, source_time timestamptz, applied_at timestamptz,
              paused_at timestamptz, paused_by text, paused_why text,
              PRIMARY KEY (pipeline, lane)) WITH (fillfactor = 20)""",
            """
            CREATE TABLE IF NOT EXISTS sluice.tables (
              pipeline text NOT NULL REFERENCES sluice.pipelines, table_name text NOT NULL,
              phase text NOT NULL CHECK (phase IN ('pending', 'loading', 'live')), snapshot_rows bigint NOT NULL DEFAULT 0,
              rejected bigint NOT NULL DEFAULT 0, updated_at timestamptz NOT NULL DEFAULT now(), columns text[] NOT NULL DEFAULT '{}',
              guard text NOT NULL DEFAULT 'column' CHECK (guard IN ('column', 'none')), analyzed_at timestamptz, since bigint,
              snapshot_came bigint DEFAULT 0, snapshot_transformed bigint NOT NULL DEFAULT 0, snapshot_gone bigint NOT NULL DEFAULT 0,
              live_upserts bigint NOT NULL DEFAULT 0, live_deletes bigint NOT NULL DEFAULT 0, live_transformed bigint NOT NULL DEFAULT 0,
              PRIMARY KEY (pipeline, table_name)) WITH (fillfactor = 50)""",
            """
            CREATE TABLE IF NOT EXISTS sluice.waiting (
              pipeline text NOT NULL REFERENCES sluice.pipelines, lane text NOT NULL, table_name text NOT NULL, key text NOT NULL,
              kind text NOT NULL CHECK (kind IN ('wait', 'stale', 'hold')), sequence bigint NOT NULL, origin bigint NOT NULL, reason text,
              since timestamptz NOT NULL DEFAULT now(), snapshot boolean NOT NULL DEFAULT false, nulled boolean NOT NULL DEFAULT false,
              PRIMARY KEY (pipeline, table_name, key))""",
            """
            CREATE TABLE IF NOT EXISTS sluice.dead_letters (
              pipeline text NOT NULL REFERENCES sluice.pipelines, id bigint GENERATED ALWAYS AS IDENTITY, lane text NOT NULL,
              table_name text NOT NULL, key text NOT NULL, sequence bigint NOT NULL, op text NOT NULL, column_name text,
              reason text NOT NULL, message text NOT NULL, raw bytea, raw_format text,
              state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'superseded', 'retried', 'discarded')),
              created_at timestamptz NOT NULL DEFAULT now(), why text, asked_at timestamptz, settled_at timestamptz, settled_by text,
              parents json, snapshot boolean NOT NULL DEFAULT false, PRIMARY KEY (pipeline, id))""",
            """
            CREATE UNIQUE INDEX IF NOT EXISTS dead_letters_open ON sluice.dead_letters (pipeline, table_name, key) WHERE state = 'open'""",
            """
            CREATE TABLE IF NOT EXISTS sluice.triggers (
              pipeline text NOT NULL REFERENCES sluice.pipelines, table_name text NOT NULL, trigger_name text NOT NULL,
              previous_state text NOT NULL, PRIMARY KEY (pipeline, table_name, trigger_name))""",
            """
            CREATE TABLE IF NOT EXISTS sluice.lanes (
              pipeline text NOT NULL REFERENCES sluice.pipelines, lane text NOT NULL,
              state text CHECK (state IN ('running', 'stopped', 'retired')), message text, at timestamptz NOT NULL DEFAULT now(),
              tables text[] NOT NULL DEFAULT '{}', first_sequence bigint NOT NULL DEFAULT 1, ancestors text[] NOT NULL DEFAULT '{}',
              PRIMARY KEY (pipeline, lane))""",
            ACCEPTED,
            TRANSFORMED,
            INDEXES,
            REPLAYS,
            ONE_REPLAY,
            REPLAY_ROWS,
            REPLAY_ROWS_ORDER,
            """
            CREATE TABLE IF NOT EXISTS sluice.instances (
              pipeline text NOT NULL REFERENCES sluice.pipelines, role text NOT NULL, instance text NOT NULL, host text NOT NULL,
              pid bigint NOT NULL, lease_until timestamptz NOT NULL, PRIMARY KEY (pipeline, role))""");

    private static final List<String> CREATE =
            Stream.concat(FIRST.stream(), VerificationTables.CREATE.stream()).toList();

    /** From version 1, where every pipeline had one lane with all its tables. */
    private static final List<String> FROM_1 = List.of(
            "ALTER TABLE sluice.lanes ALTER COLUMN state DROP NOT NULL, DROP CONSTRAINT IF EXISTS lanes_state_check,"
                    + " ADD CONSTRAINT lanes_state_check CHECK (state IN ('running', 'stopped', 'retired')),"
                    + " ADD COLUMN tables text[] NOT NULL DEFAULT '{}', ADD COLUMN first_sequence bigint NOT NULL DEFAULT 1,"
                    + " ADD COLUMN ancestors text[] NOT NULL DEFAULT '{}'",
            "INSERT INTO sluice.lanes (pipeline, lane, tables, first_sequence) " + ControlRows.LANES_OF_VERSION_1
                    + " ON CONFLICT (pipeline, lane) DO UPDATE SET tables = excluded.tables, first_sequence = excluded.first_sequence",
            "ALTER TABLE sluice.tables ADD COLUMN columns text[] NOT NULL DEFAULT '{}'",
            ACCEPTED);

    /** From version 2, where nobody could retry or discard a dead letter, or pause a pipeline. */
    private static final List<String> FROM_2 = List.of(
            "ALTER TABLE sluice.dead_letters ADD COLUMN asked_at timestamptz, ADD COLUMN settled_at timestamptz, ADD COLUMN settled_by text",
            "ALTER TABLE sluice.progress ADD COLUMN paused_at timestamptz, ADD COLUMN paused_by text, ADD COLUMN paused_why text");

    /** From version 3, which applied everything row by row or in sets, once. */
    private static final List<String> FROM_3 = List.of(
            "ALTER TABLE sluice.tables ADD COLUMN guard text NOT NULL DEFAULT 'column' CHECK (guard IN ('column', 'none')), ADD COLUMN analyzed_at timestamptz, ADD COLUMN since bigint",
            "UPDATE sluice.tables SET analyzed_at = now() WHERE phase = 'live'",
            "ALTER TABLE sluice.dead_letters ADD COLUMN parents json",
            TRANSFORMED,
            INDEXES,
            REPLAYS,
            ONE_REPLAY,
            REPLAY_ROWS,
            REPLAY_ROWS_ORDER);

    /**
     * From version 4, which did not tell rows of a snapshot from others once they were there. What is open of a snapshot is known of dead letters; a row of which no version is there counts as one of a snapshot, as
     * it did then.
     */
    private static final List<String> FROM_4 = List.of(
            "ALTER TABLE sluice.tables ADD COLUMN snapshot_came bigint, ADD COLUMN snapshot_transformed bigint NOT NULL DEFAULT 0,"
                    + " ADD COLUMN snapshot_gone bigint NOT NULL DEFAULT 0, ADD COLUMN live_upserts bigint NOT NULL DEFAULT 0,"
                    + " ADD COLUMN live_deletes bigint NOT NULL DEFAULT 0, ADD COLUMN live_transformed bigint NOT NULL DEFAULT 0",
            "ALTER TABLE sluice.tables ALTER COLUMN snapshot_came SET DEFAULT 0",
            "ALTER TABLE sluice.waiting ADD COLUMN snapshot boolean NOT NULL DEFAULT false, ADD COLUMN nulled boolean NOT NULL DEFAULT false",
            "UPDATE sluice.waiting SET snapshot = true WHERE kind = 'wait' AND key <> '[]'",
            "ALTER TABLE sluice.dead_letters ADD COLUMN snapshot boolean NOT NULL DEFAULT false",
            "UPDATE sluice.dead_letters SET snapshot = true WHERE op = 'r' AND state IN ('open', 'discarded')",
            // A schema older than version 4 has the table in its present shape already.
            "ALTER TABLE sluice.transformed ADD COLUMN IF NOT EXISTS samples text[] NOT NULL DEFAULT '{}'");

    /** Tables of the schema, referring ones first. */
    static final List<String> TABLES = Stream.concat(
                    VerificationTables.NAMES.stream(),
                    List.of(
                            "instances",
                            "lanes",
                            "triggers",
                            "indexes",
                            "replay_rows",
                            "replays",
                            "transformed",
                            "dead_letters",
                            "accepted",
                            "waiting",
                            "tables",
                            "progress",
                            "pipelines")
                            .stream())
            .toList();

    private ControlSchema() {}

    /** Statements that make the schema; running them again changes nothing. */
    static List<String> statements() {
        return CREATE.stream().map(String::strip).toList();
    }

    /**
     * Whether the schema is there, in the version this program knows or an older one. What an older one lacks is empty.
     *
     * @throws SluiceException of kind REFUSED when its version is newer, or it is not Sluice's
     */
    public static boolean exists(Connection connection) throws SQLException {
        OptionalInt version = version(connection);
        if (version.isPresent() && version.getAsInt() > VERSION) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "schema sluice of the target is of version " + version.getAsInt() + "; this program knows version "
                            + VERSION + ". Use the version of Sluice that made it.");
        }
        return version.isPresent();
    }

    /** Whether the schema is there and has everything that a version has. */
    static boolean isAtLeast(int version, Connection connection) throws SQLException {
        OptionalInt found = version(connection);
        return found.isPresent() && found.getAsInt() >= version;
    }

    /** Statements that bring an older schema to this version, to be run in one transaction; none where it is not there or up to date. */
    static List<String> migration(Connection connection) throws SQLException {
        OptionalInt version = version(connection);
        if (version.isEmpty() || version.getAsInt() >= VERSION) {
            return List.of();
        }
        List<String> statements = new ArrayList<>(version.getAsInt() < WITH_LANES ? FROM_1 : List.of());
        statements.addAll(version.getAsInt() < WITH_PAUSES ? FROM_2 : List.of());
        statements.addAll(version.getAsInt() < WITH_REPLAYS ? FROM_3 : List.of());
        statements.addAll(version.getAsInt() < WITH_OUTCOMES ? FROM_4 : List.of());
        statements.addAll(VerificationTables.CREATE);
        statements.add(MARK);
        return statements.stream().map(String::strip).toList();
    }

    /** Brings an older schema to this version. */
    static void migrate(Connection connection) throws SQLException {
        Script script = new Script();
        migration(connection).forEach(script::add);
        script.run(connection);
    }

    private static OptionalInt version(Connection connection) throws SQLException {
        String sql = """
                SELECT obj_description(n.oid, 'pg_namespace'), EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid)
                FROM pg_catalog.pg_namespace n WHERE n.nspname = 'sluice'""";
        try (Statement query = connection.createStatement();
                ResultSet row = query.executeQuery(sql)) {
            if (!row.next()) {
                return OptionalInt.empty();
            }
            String comment = row.getString(1);
            Matcher matcher = COMMENT_PATTERN.matcher(comment == null ? "" : comment);
            if (matcher.matches()) {
                return OptionalInt.of(Integer.parseInt(matcher.group(1)));
            }
            if (row.getBoolean(2)) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "the target has a schema named sluice that Sluice did not make (its comment is not \"" + COMMENT
                                + VERSION + "\"). Rename it, or point target.url at another database.");
            }
            return OptionalInt.empty();
        }
    }
}
