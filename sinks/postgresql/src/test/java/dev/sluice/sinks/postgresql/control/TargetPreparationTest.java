package dev.sluice.sinks.postgresql.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.TestSql;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TargetPreparationTest {
    private static final TableId T = new TableId("public", "t");

    private final String jdbcUrl = LocalPostgres.temporary().createDatabase();
    private final TargetDatabase database =
            TargetDatabase.open(TargetSettings.of(jdbcUrl), "p", InstantSource.system());
    private final TargetPreparation preparation = new TargetPreparation(database, "p", InstantSource.system());

    TargetPreparationTest() {
        sql("CREATE TABLE t (id integer PRIMARY KEY, v text, updated timestamptz)");
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void sql(String sql) {
        TestSql.run(database, sql);
    }

    private List<String> rows(String sql) {
        return TestSql.rows(database, sql);
    }

    private Catalog captured(TableId... tables) {
        TargetCatalog target = TargetCatalog.read(database, List.of("public"));
        return Catalog.of(Stream.of(tables)
                .map(id -> target.table(id).orElseThrow().toTable())
                .toList());
    }

    private PreparationRequest request() {
        return PreparationRequest.of("id-1", "sqlite", captured(T));
    }

    @Test
    void preparingTwiceDoesNothingTheSecondTime() {
        assertThat(preparation.pipeline()).isEmpty();
        Prepared first = preparation.prepare(request(), false);
        assertThat(first.pipeline().pipelineId()).isEqualTo("id-1");
        assertThat(first.pipeline().firstSequence()).isEqualTo(1);
        assertThat(first.statements()).contains("ALTER TABLE \"public\".\"t\" ADD COLUMN \"_sluice_seq\" bigint");
        Prepared second = preparation.prepare(PreparationRequest.of("id-2", "sqlite", captured(T)), false);
        assertThat(second.statements()).isEmpty();
        assertThat(second.pipeline().pipelineId()).isEqualTo("id-1");
        assertThat(preparation.pipeline()).contains(second.pipeline());
        assertThat(captured(T).table(T).orElseThrow().indexOf("_sluice_seq")).isEqualTo(-1);
    }

    @Test
    void preparingAgainDoesNotReadTheRowsOfCapturedTables() {
        preparation.prepare(request(), false);
        sql("INSERT INTO t (id, _sluice_seq) SELECT g, g FROM generate_series(1, 1000) g");
        String read = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 't'";
        long before = Long.parseLong(rows(read).get(0));
        try (TargetDatabase once = TargetDatabase.open(TargetSettings.of(jdbcUrl), "once", InstantSource.system())) {
            new TargetPreparation(once, "p", InstantSource.system()).prepare(request(), false);
        }
        // A session tells what it read when it ends.
        awaitNone(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice once'");
        assertThat(Long.parseLong(rows(read).get(0)) - before).isLessThan(1000);
    }

    private void awaitNone(String sql) {
        Instant deadline = Instant.now().plusSeconds(30);
        while (!rows(sql).isEmpty()) {
            assertThat(Instant.now()).as("until nothing is found by %s", sql).isBefore(deadline);
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void theColumnsThatTravelAreRemembered() {
        assertThat(preparation.capturedColumns()).isEmpty();
        preparation.prepare(request(), false);
        Table table = captured(T).table(T).orElseThrow();
        List<String> all = table.columns().stream().map(Column::name).toList();
        assertThat(preparation.capturedColumns()).isEqualTo(Map.of(T, all));
        Table fewer = new Table(T, table.columns().subList(0, 1), table.primaryKey(), List.of(), List.of());
        preparation.prepare(PreparationRequest.of("id-1", "sqlite", Catalog.of(List.of(fewer))), false);
        assertThat(preparation.capturedColumns()).isEqualTo(Map.of(T, all.subList(0, 1)));
    }

    @Test
    void aDryRunListsTheStatementsAndChangesNothing() {
        List<String> statements = preparation.prepare(request(), true).statements();
        assertThat(statements)
                .contains(
                        "CREATE SCHEMA IF NOT EXISTS sluice",
                        "INSERT INTO sluice.tables (pipeline, table_name, phase) VALUES ('p', 'public.t', 'pending')");
        assertThat(preparation.pipeline()).isEmpty();
        assertThat(PipelineStatus.read(database, "p")).isEqualTo(PipelineStatus.EMPTY);
        assertThat(preparation.remove(false, true)).isEmpty();
        statements.forEach(this::sql);
        assertThat(preparation.prepare(request(), true).statements()).isEmpty();
    }

    @Test
    void userTriggersAreDisabledAndRestoredExactlyAsTheyWere() {
        sql("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated = now(); RETURN NEW; END'");
        for (String trigger : List.of("normal", "off", "always", "replica")) {
            sql("CREATE TRIGGER \"" + trigger + "\" BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch()");
        }
        sql("ALTER TABLE t DISABLE TRIGGER \"off\"");
        sql("ALTER TABLE t ENABLE ALWAYS TRIGGER always");
        sql("ALTER TABLE t ENABLE REPLICA TRIGGER replica");
        String states =
                "SELECT tgname || ' ' || tgenabled::text FROM pg_trigger WHERE tgrelid = 't'::regclass ORDER BY tgname";
        List<String> before = rows(states);
        preparation.prepare(request(), false);
        assertThat(rows(states)).containsExactly("always D", "normal D", "off D", "replica D");
        assertThat(preparation.prepare(request(), false).statements()).isEmpty();
        preparation.remove(false, false);
        assertThat(rows(states)).isEqualTo(before).containsExactly("always A", "normal O", "off D", "replica R");
    }

    @Test
    void removingTakesEverythingOutButTheRows() {
        preparation.prepare(request(), false);
        sql("INSERT INTO t VALUES (1, 'a', NULL, 7)");
        preparation.remove(false, false);
        assertThat(rows("SELECT nspname FROM pg_namespace WHERE nspname = 'sluice'"))
                .isEmpty();
        assertThat(rows("SELECT to_jsonb(t)::text FROM t"))
                .containsExactly("{\"v\": \"a\", \"id\": 1, \"updated\": null}");
        preparation.prepare(request().adopting(), false);
        preparation.remove(true, false);
        assertThat(rows("SELECT id FROM t")).isEmpty();
    }

    @Test
    void aTableThatHoldsRowsIsRefusedUnlessAdopted() {
        sql("INSERT INTO t VALUES (1, 'a')");
        assertThatThrownBy(() -> preparation.prepare(request(), false))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.TARGET))
                .hasMessageContaining("table public.t holds rows that Sluice did not write");
        assertThat(preparation.pipeline()).isEmpty();
        preparation.prepare(new PreparationRequest("id-1", "sqlite", List.of("main"), captured(T), true, true), false);
        assertThat(preparation.prepare(request(), false).statements())
                .as("afterwards the rows are Sluice's")
                .isEmpty();
    }

    @Test
    void theFirstSequenceIsBehindEverythingTheTargetKnows() {
        sql("ALTER TABLE t ADD COLUMN _sluice_seq bigint");
        sql("INSERT INTO t VALUES (1, 'a', NULL, 41), (2, 'b', NULL, NULL)");
        assertThat(preparation.largestKnownSequence(List.of(T))).isEqualTo(41);
        Prepared prepared = preparation.prepare(
                new PreparationRequest("id-1", "sqlite", List.of("main"), captured(T), true, true), false);
        assertThat(prepared.pipeline().firstSequence()).isEqualTo(42);
        assertThat(rows("SELECT sequence FROM sluice.progress")).containsExactly("41");
        sql("UPDATE sluice.progress SET sequence = 100");
        assertThat(preparation.largestKnownSequence(List.of(T))).isEqualTo(100);
    }

    @Test
    void everythingThatStandsAgainstItIsNamedAtOnce() {
        sql("CREATE TABLE keyless (id integer)");
        sql("CREATE TABLE strict (id integer PRIMARY KEY, v text NOT NULL, w text)");
        Catalog captured = Catalog.of(List.of(
                TargetCatalog.read(database, List.of("public"))
                        .table(new TableId("public", "strict"))
                        .orElseThrow()
                        .toTable(List.of("id", "w")),
                captured(T).table(T).orElseThrow()));
        sql("ALTER TABLE strict ALTER w TYPE integer USING 1");
        sql("DROP TABLE t");
        List<Finding> findings = preparation.check(PreparationRequest.of("id-1", "sqlite", captured));
        assertThat(findings.stream().map(f -> f.code() + " " + f.subject()))
                .containsExactlyInAnyOrder(
                        "target-column-type table public.strict",
                        "target-column-not-captured table public.strict",
                        "target-table-missing table public.t");
        assertThat(rows("SELECT nspname FROM pg_namespace WHERE nspname = 'sluice'"))
                .isEmpty();
    }

    @Test
    void missingPrivilegesAreNamed() {
        String role = "poor_" + System.nanoTime();
        sql("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'");
        sql("GRANT SELECT ON t TO " + role);
        String url = jdbcUrl.replaceAll("\\?.*", "");
        try (TargetDatabase poor =
                TargetDatabase.open(TargetSettings.of(url, role, "secret"), "p", InstantSource.system())) {
            List<Finding> findings = new TargetPreparation(poor, "p", InstantSource.system()).check(request());
            assertThat(findings.stream().map(Finding::code))
                    .containsExactly("target-privilege", "target-privilege", "target-owner");
            assertThat(findings.get(0).message()).contains("create schema sluice");
            assertThat(findings.get(1).message()).contains("INSERT, UPDATE, DELETE");
        }
        sql("DROP OWNED BY " + role);
        sql("DROP ROLE " + role);
    }

    @Test
    void aForeignOrNewerSchemaSluiceIsRefused() {
        sql("CREATE SCHEMA sluice");
        sql("CREATE TABLE sluice.gates (id integer)");
        assertThatThrownBy(() -> preparation.prepare(request(), false))
                .hasMessageContaining("a schema named sluice that Sluice did not make");
        sql("COMMENT ON SCHEMA sluice IS 'Sluice control schema, version 99'");
        assertThatThrownBy(() -> preparation.prepare(request(), false))
                .hasMessageContaining("of version 99; this program knows version 6");
    }

    @Test
    void aTableThatIsNoLongerCapturedIsGivenBackAndIsNewWhenItComesAgain() {
        TableId other = new TableId("elsewhere", "other");
        sql("CREATE SCHEMA elsewhere");
        sql("CREATE TABLE elsewhere.other (id integer PRIMARY KEY)");
        sql("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
        sql("CREATE TRIGGER keep BEFORE INSERT ON elsewhere.other FOR EACH ROW EXECUTE FUNCTION keep()");
        Catalog both = Catalog.of(List.of(
                captured(T).table(T).orElseThrow(),
                TargetCatalog.read(database, List.of("elsewhere"))
                        .table(other)
                        .orElseThrow()
                        .toTable()));
        preparation.prepare(PreparationRequest.of("id-1", "sqlite", both), false);
        sql("INSERT INTO elsewhere.other VALUES (1, 5)");
        sql("UPDATE sluice.tables SET phase = 'live', snapshot_rows = 1");
        sql("INSERT INTO sluice.waiting VALUES ('p', 'main', 'elsewhere.other', '[2]', 'wait', 6, 6, '{}')");
        sql(
                "INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, reason, message, snapshot) VALUES ('p', 'main', 'elsewhere.other', '[3]', 7, 'r', 'check', 'm', true)");

        preparation.prepare(request(), false);
        assertThat(preparation.prepare(request(), true).statements()).isEmpty();
        assertThat(rows("SELECT table_name || ' ' || phase FROM sluice.tables")).containsExactly("public.t live");
        assertThat(rows("SELECT key FROM sluice.waiting")).isEmpty();
        assertThat(rows("SELECT state || ', ' || why FROM sluice.dead_letters"))
                .containsExactly("discarded, the table is no longer captured");
        assertThat(rows("SELECT key FROM sluice.dead_letters WHERE snapshot")).isEmpty();
        assertThat(rows("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'keep'"))
                .containsExactly("O");
        assertThat(rows("SELECT to_jsonb(o)::text FROM elsewhere.other o")).containsExactly("{\"id\": 1}");

        assertThatThrownBy(() -> preparation.prepare(PreparationRequest.of("id-1", "sqlite", both), false))
                .hasMessageContaining("table elsewhere.other holds rows that Sluice did not write");
        preparation.prepare(new PreparationRequest("id-1", "sqlite", List.of("main"), both, true, true), false);
        assertThat(rows("SELECT table_name || ' ' || phase FROM sluice.tables ORDER BY 1"))
                .containsExactly("elsewhere.other pending", "public.t live");
    }

    @Test
    void aRunningPipelineIsNotRemoved() {
        preparation.prepare(request(), false);
        try (InstanceLease lease = InstanceLease.acquire(database, "p", "run", "one", false, lost -> {})) {
            assertThatThrownBy(() -> preparation.remove(false, false))
                    .hasMessageContaining("still running (run on ")
                    .hasMessageContaining("process " + ProcessHandle.current().pid());
            assertThat(lease).isNotNull();
        }
        preparation.remove(false, false);
        assertThat(preparation.pipeline()).isEmpty();
    }
}
