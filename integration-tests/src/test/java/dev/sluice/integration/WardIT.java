package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of Ward OPS, as it comes: a database in the shape of a real application's, clean and with 23 planted anomalies. */
final class WardIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Whoever reads text without an offset in a session's zone is four hours off in this one. */
    private static final String ZONE = "Asia/Tbilisi";

    @TempDir
    private Path directory;

    @Test
    void everyRowOfTheCleanDatabaseIsLoadedWhateverTheTimeZones()
            throws IOException, InterruptedException, SQLException {
        String target = LocalPostgres.temporary().createDatabase();
        Workspace.execute(
                target,
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone TO ''" + ZONE
                        + "''', current_database()); END $$");
        // The driver asks for the client's own zone in each session, so it cannot be seen by SHOW.
        assertThat(
                        Workspace.query(
                                target,
                                "SELECT setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database()"))
                .containsExactly("{TimeZone=" + ZONE + "}");
        Workspace ward = example(target, "--clean", "--pings", "13179");
        ward.sluice().withEnvironment("TZ", ZONE);

        ward.runUntilCaughtUp().expectExitCode(0);

        // The JSON text null of one rule became NULL, as the example says.
        String rule = ward.querySource("SELECT id FROM alert_rules WHERE notification_channels = 'null'")
                .get(0);
        assertThat(SideBySide.expectEqual(ward.source(), target, Set.of(), Set.of("alert_rules " + rule)))
                .isGreaterThan(13_179);
        assertThat(Workspace.query(target, "SELECT name FROM alert_rules WHERE notification_channels IS NULL"))
                .containsExactly("Rule 0");
        JsonNode report = report(ward, 0);
        assertThat(total(report, "rowsRead")).isEqualTo(rows(ward));
        assertThat(total(report, "waiting") + total(report, "quarantined")).isZero();
        ward.run("verify").expectExitCode(0);
        sequencesStandAboveBothSides(ward, target);
    }

    private static void sequencesStandAboveBothSides(Workspace ward, String target) throws SQLException {
        ward.run("sequences").expectExitCode(3);
        ward.run("sequences", "--apply").expectExitCode(0);
        // SQLite gave 5 away once, though the largest that is left is 4.
        assertThat(Workspace.query(target, "SELECT nextval('georgian_cities_id_seq'), nextval('ping_results_id_seq')"))
                .containsExactly("6|13180");
        ward.run("sequences").expectExitCode(0);
    }

    @Test
    void everyAnomalyHasTheOutcomeThatTheExampleAsksFor() throws IOException, InterruptedException, SQLException {
        String target = LocalPostgres.temporary().createDatabase();
        Workspace ward = example(target, "--pings", "500");

        ward.runUntilCaughtUp().expectExitCode(7);

        Map<String, String> wrong = new LinkedHashMap<>();
        for (Map.Entry<String, List<String>> anomaly : outcomes().entrySet()) {
            for (String condition : anomaly.getValue()) {
                if (!Workspace.query(target, "SELECT " + condition).equals(List.of("t"))) {
                    wrong.put(anomaly.getKey(), condition);
                }
            }
        }
        assertThat(wrong).as("anomalies with another outcome").isEmpty();
        everythingElseIsAsItWas(ward, target);
        noRowIsUnaccountedFor(ward, target);
        whatIsCorrectedComes(ward, target);
    }

    /** By anomaly the conditions that hold in the target. */
    private static Map<String, List<String>> outcomes() {
        Map<String, List<String>> outcomes = new LinkedHashMap<>();
        outcomes.put("W1", one("users", "notifications_enabled", "default", "id = 7 AND notifications_enabled"));
        outcomes.put("W2", one("users", "dashboard_layout", "empty", "id = 7 AND dashboard_layout IS NULL"));
        outcomes.put("W3", List.of("count(*) = 2 FROM standalone_devices WHERE ip = '10.20.0.10'"));
        outcomes.put("W4", one("standalone_devices", "tags", "json-null", device(5, "tags IS NULL")));
        outcomes.put("W5", one("standalone_devices", "custom_fields", "invalid", device(5, "custom_fields IS NULL")));
        outcomes.put("W6", one("standalone_devices", "branch_id", "set-null", device(6, "branch_id IS NULL")));
        outcomes.put("W7", one("standalone_devices", "ssh_port", "default", device(7, "ssh_port = 22")));
        outcomes.put(
                "W8",
                one(
                        "standalone_devices",
                        "description",
                        "remove",
                        device(8, "description = E'bad\\nafter\\n' OR description LIKE 'bad%after%'")));
        outcomes.put(
                "W9",
                List.of(
                        quarantined("standalone_devices", "not-a-uuid", 1),
                        "count(*) = 0 FROM standalone_devices WHERE name = 'Numeric-Id'"));
        outcomes.put(
                "W10", one("branches", "branch_code", "truncate", "name = 'Long-Code' AND branch_code = 'TOO-LONG-C'"));
        outcomes.put("W11", one("branches", "is_active", "default", "name = 'Long-Code' AND is_active"));
        outcomes.put(
                "W12", one("monitoring_profiles", "mode", "case", "name = 'Default Profile' AND mode = 'standalone'"));
        outcomes.put("W13", List.of("count(*) = 2 FROM monitoring_profiles"));
        outcomes.put(
                "W14", List.of(quarantined("snmp_credentials", "orphan", 1), "count(*) = 1 FROM snmp_credentials"));
        outcomes.put("W15", List.of(quarantined("alert_history", "orphan", 1), "count(*) = 1 FROM alert_history"));
        outcomes.put("W17", List.of("notification_channels = '5' FROM alert_rules WHERE name = 'Rule 2'"));
        outcomes.put("W18", List.of("triggered_by_user = 1 FROM discovery_jobs"));
        outcomes.put(
                "W19",
                List.of(
                        "string_agg(avg_rtt_ms::text, ',' ORDER BY id) = '13,14' FROM ping_results WHERE id IN (3, 4)",
                        counted("ping_results", "avg_rtt_ms", "round", 2)));
        outcomes.put("W20", List.of("timestamp = '2025-10-10T08:10:00Z' FROM ping_results WHERE id = 5"));
        outcomes.put("W21", one("ping_results", "timestamp", "epoch", "id = 6 AND timestamp = '2025-10-10T08:11:00Z'"));
        outcomes.put("W22", one("ping_results", "is_reachable", "boolean-text", "id = 7 AND is_reachable"));
        outcomes.put("W23", one("ping_results", "packets_sent", "default", "id = 8 AND packets_sent = 5"));
        return outcomes;
    }

    /** One row for which the condition holds, and one value of the column that the rule changed. */
    private static List<String> one(String table, String column, String rule, String condition) {
        return List.of("count(*) = 1 FROM " + table + " WHERE " + condition, counted(table, column, rule, 1));
    }

    private static String device(int number, String condition) {
        return "name = 'PING-Device-" + number + "' AND (" + condition + ")";
    }

    private static String counted(String table, String column, String rule, int values) {
        return "coalesce(sum(count), 0) = " + values + " FROM sluice.transformed WHERE table_name = 'public." + table
                + "' AND column_name = '" + column + "' AND rule = '" + rule + "'";
    }

    private static String quarantined(String table, String reason, int rows) {
        return "count(*) = " + rows + " FROM sluice.dead_letters WHERE table_name = 'public." + table
                + "' AND reason = '" + reason + "' AND state = 'open'";
    }

    private static void everythingElseIsAsItWas(Workspace ward, String target) throws SQLException {
        List<String> missing = new ArrayList<>();
        missing.addAll(rows(ward, "standalone_devices", "name = 'Numeric-Id'"));
        missing.addAll(rows(ward, "snmp_credentials", "version = 'v2c' AND community_encrypted LIKE '%token2%'"));
        missing.addAll(rows(ward, "alert_history", "message = 'rule was deleted'"));
        List<String> changed = new ArrayList<>();
        changed.addAll(rows(ward, "users", "id = 7"));
        changed.addAll(rows(
                ward,
                "standalone_devices",
                "name IN ('PING-Device-5', 'PING-Device-6', 'PING-Device-7', 'PING-Device-8')"));
        changed.addAll(rows(ward, "branches", "name = 'Long-Code'"));
        changed.addAll(rows(ward, "monitoring_profiles", "name = 'Default Profile'"));
        changed.addAll(rows(ward, "alert_rules", "name = 'Rule 0'"));
        changed.addAll(rows(ward, "ping_results", "id BETWEEN 3 AND 8"));
        assertThat(SideBySide.expectEqual(ward.source(), target, Set.copyOf(missing), Set.copyOf(changed)))
                .isGreaterThan(500);
    }

    private static List<String> rows(Workspace ward, String table, String condition) throws SQLException {
        return ward.querySource("SELECT '" + table + " ' || id FROM " + table + " WHERE " + condition);
    }

    private static void noRowIsUnaccountedFor(Workspace ward, String target) throws SQLException, IOException {
        JsonNode report = report(ward, 7);
        assertThat(total(report, "rowsRead")).isEqualTo(rows(ward));
        assertThat(total(report, "quarantined")).isEqualTo(3);
        assertThat(total(report, "waiting")).isZero();
        for (JsonNode table : report.get("tables")) {
            assertThat(table.get("loaded").asLong()
                            + table.get("transformed").asLong()
                            + table.get("waiting").asLong()
                            + table.get("quarantined").asLong())
                    .as("outcomes of %s", table)
                    .isEqualTo(table.get("rowsRead").asLong());
        }
        assertThat(report.toString()).as("no secret").doesNotContain("fake-token");
        assertThat(Workspace.query(target, "SELECT table_name, kind FROM sluice.waiting"))
                .as("the device whose branch is gone is there without it, and gets it when it comes")
                .containsExactly("public.standalone_devices|stale");
    }

    /** W16 stands in the row that W15 keeps out: it shows when the rule comes back. */
    private static void whatIsCorrectedComes(Workspace ward, String target) throws SQLException {
        ward.executeOnSource(
                "INSERT INTO alert_rules (id, name, expression, severity, enabled, created_at, updated_at)"
                        + " SELECT rule_id, 'Again', 'x', 'high', 1, created_at, created_at FROM alert_history WHERE message = 'rule was deleted'");
        ward.executeOnSource("UPDATE alert_history SET value = '1' WHERE message = 'rule was deleted'");
        ward.runUntilCaughtUp().expectExitCode(7);
        assertThat(Workspace.query(
                        target,
                        "SELECT acknowledged_by IS NULL, value FROM alert_history WHERE message = 'rule was deleted'"))
                .as("W16")
                .containsExactly("t|1");
        assertThat(Workspace.query(target, "SELECT " + counted("alert_history", "acknowledged_by", "invalid", 1)))
                .containsExactly("t");
        assertThat(Workspace.query(
                        target, "SELECT table_name FROM sluice.dead_letters WHERE state = 'open' ORDER BY 1"))
                .containsExactly("public.snmp_credentials", "public.standalone_devices");
    }

    private static JsonNode report(Workspace ward, int exitCode) throws IOException {
        return JSON.readTree(
                ward.run("report", "--json").expectExitCode(exitCode).out());
    }

    private static long total(JsonNode report, String outcome) {
        long total = 0;
        for (JsonNode table : report.get("tables")) {
            total += table.get(outcome).asLong();
        }
        return total;
    }

    private static long rows(Workspace ward) throws SQLException {
        long rows = 0;
        for (String table : ward.querySource("SELECT name FROM sqlite_master WHERE type = 'table'"
                + " AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%sluice%'")) {
            rows += Long.parseLong(
                    ward.querySource("SELECT count(*) FROM " + table).get(0));
        }
        return rows;
    }

    private Workspace example(String target, String... options) throws IOException, InterruptedException {
        Workspace ward =
                Workspace.ofExample("wardops", directory, "ward_ops.db").withTarget(target);
        assumeThat(hasPython())
                .as("python3, which makes the Ward database, is installed")
                .isTrue();
        List<String> command = new ArrayList<>(List.of(
                "python3",
                directory.resolve("make_ward_db.py").toString(),
                ward.source().toString()));
        command.addAll(List.of(options));
        run(command);
        return ward;
    }

    private boolean hasPython() throws InterruptedException {
        try {
            run(List.of("python3", "--version"));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void run(List<String> command) throws IOException, InterruptedException {
        Path log = directory.resolve("python.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    }
}
