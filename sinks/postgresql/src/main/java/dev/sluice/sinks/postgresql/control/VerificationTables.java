package dev.sluice.sinks.postgresql.control;

import java.util.List;

/**
 * Tables of schema {@code sluice} that hold what comparisons found. All but {@code compared} are written by {@code sluice verify} alone.
 *
 * <ul>
 *   <li>{@code verifications}: one row per comparison. {@code fingerprint} stands for what it depends on beside the rows. {@code live}: the pipeline was running, so that what was under way could be told from what differs. {@code continuous}: one of many of {@code verify --continuous}, of which few stay.
 *   <li>{@code verified_tables}: how far a comparison has come in each table, and what it counted. {@code source_cursor} and {@code target_cursor} say where the way through the source, then the one through the target, goes on;
 *       {@code compared} counts the keys looked at on either way, {@code matched} those among them that are equal. Checksums are sums of the rows' hashes as they were seen first; of one moment only where the table is
 *       {@code quiet}: {@code first_position} was the source's position from the first row to the last. {@code sequence} is the lane's newest applied one when the table was begun: everything up to there is compared. The keys of the source that have come by stand in an unlogged table
 *       {@code verified_keys_<verification>_<ordinal>} until the table is done.
 *   <li>{@code verification}: every key that is not equal. While {@code settled_at} is null it may only be under way, and counts as nothing yet. {@code equal_at}: it was found equal later, by {@code --recheck} or after a repair. {@code key} is as everywhere in this schema, {@code long_key} the whole of it where it was shortened. Values only when they
 *       were asked for. {@code asked_at}: its repair was asked for.
 *   <li>{@code verified_checks}: the outcome of each check by SQL.
 *   <li>{@code compared}: what stood under a key in the target, in the very transaction in which the lane's sink came to a compare event; {@code row} is the row in PostgreSQL's own notation, null where there is none;
 *       {@code explained} names what accounts for the key in {@code waiting} and {@code dead_letters}, {@code sequence} the event. {@code key} is shortened as in these. Taken away by whoever asked; what nobody takes away goes with an event that comes after an hour.
 * </ul>
 */
final class VerificationTables {
    private static final String VERIFICATIONS = """
            CREATE TABLE IF NOT EXISTS sluice.verifications (
              pipeline text NOT NULL REFERENCES sluice.pipelines, id bigint GENERATED ALWAYS AS IDENTITY,
              mode text NOT NULL CHECK (mode IN ('full', 'sample', 'counts')), sample_percent double precision NOT NULL DEFAULT 100, tables text[] NOT NULL, fingerprint text NOT NULL DEFAULT '',
              state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'abandoned')), live boolean NOT NULL DEFAULT false,
              started_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz, started_by text NOT NULL DEFAULT current_user,
              continuous boolean NOT NULL DEFAULT false, PRIMARY KEY (pipeline, id))""";

    private static final String VERIFIED_TABLES = """
            CREATE TABLE IF NOT EXISTS sluice.verified_tables (
              pipeline text NOT NULL REFERENCES sluice.pipelines, verification bigint NOT NULL, table_name text NOT NULL, ordinal integer NOT NULL,
              phase text NOT NULL DEFAULT 'pending' CHECK (phase IN ('pending', 'forward', 'backward', 'settling', 'done')),
              source_cursor bytea, target_cursor text[], noted bigint NOT NULL DEFAULT 0, compared bigint NOT NULL DEFAULT 0, matched bigint NOT NULL DEFAULT 0,
              source_rows bigint NOT NULL DEFAULT 0, target_rows bigint NOT NULL DEFAULT 0,
              source_checksum text NOT NULL DEFAULT '', target_checksum text NOT NULL DEFAULT '', first_position bytea, quiet boolean NOT NULL DEFAULT true,
              sequence bigint, active_millis bigint NOT NULL DEFAULT 0, started_at timestamptz, ended_at timestamptz, note text,
              PRIMARY KEY (pipeline, verification, table_name))""";

    private static final String VERIFICATION = """
            CREATE TABLE IF NOT EXISTS sluice.verification (
              pipeline text NOT NULL REFERENCES sluice.pipelines, verification bigint NOT NULL, table_name text NOT NULL, key text COLLATE "C" NOT NULL, long_key text,
              verdict text NOT NULL, columns text[] NOT NULL DEFAULT '{}', source_values text[] NOT NULL DEFAULT '{}', target_values text[] NOT NULL DEFAULT '{}',
              source_rows integer NOT NULL DEFAULT 0, target_rows integer NOT NULL DEFAULT 0, found_at timestamptz NOT NULL DEFAULT now(), settled_at timestamptz, sequence bigint, asked_at timestamptz, equal_at timestamptz,
              PRIMARY KEY (pipeline, verification, table_name, key))""";

    private static final String VERIFIED_CHECKS = """
            CREATE TABLE IF NOT EXISTS sluice.verified_checks (
              pipeline text NOT NULL REFERENCES sluice.pipelines, verification bigint NOT NULL, name text NOT NULL,
              outcome text NOT NULL CHECK (outcome IN ('equal', 'different', 'unsettled')), source_rows bigint, target_rows bigint NOT NULL, message text,
              ended_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (pipeline, verification, name))""";

    private static final String COMPARED = """
            CREATE TABLE IF NOT EXISTS sluice.compared (
              pipeline text NOT NULL REFERENCES sluice.pipelines, signal text NOT NULL, table_name text NOT NULL, key text NOT NULL, sequence bigint NOT NULL,
              row text, explained text, compared_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (pipeline, signal, table_name, key))""";

    /** A person may have let many go. */
    private static final String DISCARDED =
            "CREATE INDEX IF NOT EXISTS dead_letters_discarded ON sluice.dead_letters (pipeline, table_name, key) WHERE state = 'discarded'";

    static final List<String> CREATE =
            List.of(DISCARDED, VERIFICATIONS, VERIFIED_TABLES, VERIFICATION, VERIFIED_CHECKS, COMPARED);

    /** Those that hold something of single tables. */
    static final List<String> BY_TABLE = List.of("compared", "verification", "verified_tables");

    /** Referring ones first. */
    static final List<String> NAMES =
            List.of("compared", "verified_checks", "verification", "verified_tables", "verifications");

    private VerificationTables() {}
}
