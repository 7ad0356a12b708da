package dev.sluice.sinks.postgresql.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.TestSql;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What preparation takes from tables and gives back: triggers, the column for sequences, and the right to write to them at all. */
class PreparationModesTest {
    private static final TableId T = new TableId("public", "t");
    private static final TableId U = new TableId("public", "u");
    private static final String COLUMNS =
            "SELECT attrelid::regclass FROM pg_attribute WHERE attname = '_sluice_seq' AND NOT attisdropped AND attrelid IN ('t'::regclass, 'u'::regclass) ORDER BY 1";
    private static final String TRIGGERS =
            "SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1";

    private final String jdbcUrl = LocalPostgres.temporary().createDatabase();
    private final TargetDatabase database =
            TargetDatabase.open(TargetSettings.of(jdbcUrl), "p", InstantSource.system());
    private final TargetPreparation preparation = preparation("p");

    PreparationModesTest() {
        sql("CREATE TABLE t (id integer PRIMARY KEY, v text)");
        sql("CREATE TABLE u (id integer PRIMARY KEY, v text)");
    }

    @AfterEach
    void close() {
        database.close();
    }

    private TargetPreparation preparation(String pipeline) {
        return new TargetPreparation(database, pipeline, InstantSource.system());
    }

    private void sql(String sql) {
        TestSql.run(database, sql);
    }

    private List<String> rows(String sql) {
        return TestSql.rows(database, sql);
    }

    private PreparationRequest request(TableId... tables) {
        TargetCatalog target = TargetCatalog.read(database, List.of("public"));
        return PreparationRequest.of(
                "id-1",
                "sqlite",
                Catalog.of(Stream.of(tables)
                        .map(id -> target.table(id).orElseThrow().toTable())
                        .toList()));
    }

    private void createTriggers() {
        sql("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
        for (String trigger : List.of("always", "normal", "off", "replica")) {
            sql("CREATE TRIGGER \"" + trigger + "\" BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION keep()");
        }
        sql("CREATE TRIGGER other BEFORE INSERT ON u FOR EACH ROW EXECUTE FUNCTION keep()");
        sql("ALTER TABLE t DISABLE TRIGGER \"off\"");
        sql("ALTER TABLE t ENABLE ALWAYS TRIGGER always");
        sql("ALTER TABLE t ENABLE REPLICA TRIGGER replica");
    }

    // --- triggers

    @Test
    void triggersThatAreToFireAreNotTouched() {
        createTriggers();
        List<String> before = rows(TRIGGERS);
        assertThat(preparation.prepare(request(T, U).withTriggers(), false).statements())
                .noneMatch(statement -> statement.contains("ENABLE TRIGGER") || statement.contains("DISABLE TRIGGER"));
        assertThat(rows(TRIGGERS))
                .isEqualTo(before)
                .containsExactly("t always A", "t normal O", "t off D", "t replica R", "u other O");
        preparation.remove(false, false);
        assertThat(rows(TRIGGERS)).isEqualTo(before);
    }

    @Test
    void triggersFollowTheRequestInBothDirectionsAndEndAsTheyBegan() {
        createTriggers();
        List<String> before = rows(TRIGGERS);
        preparation.prepare(request(T, U), false);
        assertThat(rows(TRIGGERS)).containsExactly("t always D", "t normal D", "t off D", "t replica D", "u other D");
        preparation.prepare(request(T, U).withTriggers(), false);
        assertThat(rows(TRIGGERS)).isEqualTo(before);
        assertThat(rows("SELECT 1 FROM sluice.triggers")).isEmpty();
        assertThat(preparation.prepare(request(T, U).withTriggers(), true).statements())
                .isEmpty();
        // What somebody changes while they fire is what is given back later.
        sql("ALTER TABLE t DISABLE TRIGGER normal");
        List<String> changed = rows(TRIGGERS);
        preparation.prepare(request(T, U), false);
        assertThat(rows(TRIGGERS)).allMatch(trigger -> trigger.endsWith(" D"));
        assertThat(preparation.prepare(request(T, U), true).statements()).isEmpty();
        preparation.remove(false, false);
        assertThat(rows(TRIGGERS)).isEqualTo(changed);
    }

    @Test
    void aTriggerThatSomebodyDroppedMeanwhileIsNotMissed() {
        createTriggers();
        preparation.prepare(request(T), false);
        sql("DROP TRIGGER always ON t");
        preparation.prepare(request(T).withTriggers(), false);
        assertThat(rows(TRIGGERS)).containsExactly("t normal O", "t off D", "t replica R", "u other O");
    }

    // --- the column for sequences

    @Test
    void anUnguardedTableKeepsItsShape() {
        assertThat(preparation
                        .prepare(request(T, U).unguarded(Set.of(T)), false)
                        .statements())
                .noneMatch(statement -> statement.contains("ALTER TABLE \"public\".\"t\""));
        assertThat(rows(COLUMNS)).containsExactly("u");
        assertThat(preparation.unguardedTables()).containsExactly(T);
        assertThat(rows("SELECT table_name || ' ' || guard FROM sluice.tables ORDER BY 1"))
                .containsExactly("public.t none", "public.u column");
        assertThat(preparation.prepare(request(T, U).unguarded(Set.of(T)), true).statements())
                .isEmpty();
        sql("ALTER TABLE t ADD COLUMN _sluice_seq bigint");
        preparation.remove(false, false);
        assertThat(rows(COLUMNS)).as("somebody else's column").containsExactly("t");
    }

    @Test
    void aTableBecomesGuardedAndUnguardedAgain() {
        preparation.prepare(request(T, U), false);
        sql("INSERT INTO t VALUES (1, 'a', 7)");
        preparation.prepare(request(T, U).unguarded(Set.of(T)), false);
        assertThat(rows(COLUMNS)).containsExactly("u");
        assertThat(preparation.unguardedTables()).containsExactly(T);
        preparation.prepare(request(T, U), false);
        assertThat(rows(COLUMNS)).containsExactly("t", "u");
        assertThat(preparation.unguardedTables()).isEmpty();
        assertThat(rows("SELECT id || v || coalesce(_sluice_seq, 0) FROM t")).containsExactly("1a0");
        assertThat(preparation.prepare(request(T, U), true).statements()).isEmpty();
        preparation.remove(false, false);
        assertThat(rows(COLUMNS)).isEmpty();
    }

    @Test
    void sequencesThatSomebodyLeftInATableThatJoinsLaterAreForgotten() {
        preparation.prepare(request(T), false);
        sql("ALTER TABLE u ADD COLUMN _sluice_seq bigint");
        sql("INSERT INTO u VALUES (1, 'a', 1000000), (2, 'b', NULL)");
        preparation.prepare(request(T, U).adopting(), false);
        assertThat(rows("SELECT id || v || coalesce(_sluice_seq, 0) FROM u ORDER BY 1"))
                .containsExactly("1a0", "2b0");
    }

    @Test
    void whoDoesNotOwnTheTablesIsToldWhatNeedsTheOwnerAndWhatDoesNot() {
        createTriggers();
        String role = "guest_" + System.nanoTime();
        sql("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'");
        sql("GRANT ALL ON t TO " + role);
        sql("DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO " + role + "', current_database()); END $$");
        try (TargetDatabase guest = TargetDatabase.open(
                TargetSettings.of(jdbcUrl.replaceAll("\\?.*", ""), role, "secret"), "p", InstantSource.system())) {
            TargetPreparation guests = new TargetPreparation(guest, "p", InstantSource.system());
            PreparationRequest light = request(T).withTriggers().unguarded(Set.of(T));
            Finding owner = guests.check(request(T)).get(0);
            assertThat(owner.code()).isEqualTo("target-owner");
            assertThat(owner.message())
                    .isEqualTo(
                            "belongs to postgres; adding column _sluice_seq and disabling its triggers needs the owner");
            assertThat(owner.action())
                    .contains("a member of postgres")
                    .contains("guard: none")
                    .contains("apply.triggers: on");
            assertThat(guests.check(light)).isEmpty();
            guests.prepare(light, false);
            assertThat(guests.prepare(light, true).statements()).isEmpty();
            assertThat(guests.check(request(T))).extracting(Finding::code).containsExactly("target-owner");
            guests.remove(false, false);
        }
        sql("DROP OWNED BY " + role);
        sql("DROP ROLE " + role);
    }

    // --- several pipelines

    @Test
    void aTableOfAnotherPipelineIsRefusedByName() {
        preparation("first").prepare(request(T), false);
        List<Finding> findings = preparation("second").check(request(T, U));
        assertThat(findings).extracting(Finding::code).containsExactly("target-table-taken");
        assertThat(findings.get(0).subject()).isEqualTo("table public.t");
        assertThat(findings.get(0).message()).contains("captured by pipeline first already");
        assertThatThrownBy(() -> preparation("second").prepare(request(T, U).adopting(), false))
                .hasMessageContaining("table public.t is captured by pipeline first already")
                .hasMessageContaining("Exclude it here or there");
        assertThat(preparation("second").pipeline()).isEmpty();
        preparation("first").prepare(request(U), false);
        preparation("second").prepare(request(T), false);
        assertThat(rows(COLUMNS)).containsExactly("t", "u");
    }

    @Test
    void removingAPipelineLeavesTheOthersAsTheyWere() {
        createTriggers();
        preparation("first").prepare(request(T), false);
        preparation("second").prepare(request(U), false);
        List<String> second = everythingOf("second");
        preparation("first").remove(true, false);
        assertThat(everythingOf("second")).isEqualTo(second).hasSizeGreaterThan(4);
        assertThat(everythingOf("first")).isEmpty();
        assertThat(rows(COLUMNS)).containsExactly("u");
        assertThat(rows(TRIGGERS)).containsExactly("t always A", "t normal O", "t off D", "t replica R", "u other D");
        assertThat(preparation("second").prepare(request(U), true).statements()).isEmpty();
        preparation("second").remove(false, false);
        assertThat(rows(COLUMNS)).isEmpty();
        assertThat(rows(TRIGGERS)).contains("u other O");
        assertThat(rows("SELECT nspname FROM pg_namespace WHERE nspname = 'sluice'"))
                .isEmpty();
    }

    private List<String> everythingOf(String pipeline) {
        return ControlSchema.TABLES.stream()
                .flatMap(table -> rows("SELECT '" + table + " ' || to_jsonb(x)::text FROM sluice." + table
                                + " x WHERE pipeline = '" + pipeline + "' ORDER BY 1")
                        .stream())
                .toList();
    }
}
