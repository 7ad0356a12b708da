package dev.sluice.sinks.postgresql.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.TestSql;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What comparisons leave in schema {@code sluice}: who sees it, and when it goes. */
class VerificationTablesTest {
    private static final String LEFT = """
            SELECT 'verifications ' || pipeline || id FROM sluice.verifications UNION ALL SELECT 'verified_tables ' || pipeline || verification || table_name FROM sluice.verified_tables
            UNION ALL SELECT 'verification ' || pipeline || verification || table_name || key FROM sluice.verification UNION ALL SELECT 'verified_checks ' || pipeline || name FROM sluice.verified_checks
            UNION ALL SELECT 'compared ' || pipeline || table_name FROM sluice.compared UNION ALL SELECT 'table ' || relname FROM pg_class WHERE relname ~ '^verified_keys_[0-9_]+$' AND relkind = 'r' ORDER BY 1""";

    private final TargetDatabase database = TargetDatabase.open(
            TargetSettings.of(LocalPostgres.temporary().createDatabase()), "p", InstantSource.system());
    private final TargetPreparation preparation = preparation("p");

    VerificationTablesTest() {
        Stream.of("a", "b", "c").forEach(name -> sql("CREATE TABLE " + name + " (id bigint PRIMARY KEY)"));
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

    private TargetPreparation preparation(String pipeline) {
        return new TargetPreparation(database, pipeline, InstantSource.system());
    }

    private void prepare(String pipeline, String... tables) {
        TargetCatalog target = TargetCatalog.read(database, List.of("public"));
        Catalog captured = Catalog.of(Stream.of(tables)
                .map(name -> target.table(TableId.parse(name)).orElseThrow().toTable())
                .toList());
        preparation(pipeline).prepare(PreparationRequest.of("id-" + pipeline, "sqlite", captured), false);
    }

    /** A comparison of some tables that has come to its end in each of them; the keys of the source are still there. */
    private void verification(String pipeline, long id, String mode, String... tables) {
        sql("INSERT INTO sluice.verifications (pipeline, id, mode, tables, state) OVERRIDING SYSTEM VALUE VALUES ('"
                + pipeline + "', " + id + ", '" + mode + "', '{}', 'done')");
        for (int i = 0; i < tables.length; i++) {
            sql(
                    "INSERT INTO sluice.verified_tables (pipeline, verification, table_name, ordinal, phase, sequence, ended_at) VALUES ('"
                            + pipeline + "', " + id
                            + ", 'public." + tables[i] + "', " + i + ", 'done', " + id * 100
                            + ", timestamptz '2024-01-01 00:00:00+00' + interval '1 hour' * "
                            + id + ")");
            sql("CREATE UNLOGGED TABLE sluice.verified_keys_" + id + "_" + i + " (id bigint PRIMARY KEY)");
        }
    }

    private void key(String pipeline, long id, String table, String key, String verdict, String more) {
        sql(
                "INSERT INTO sluice.verification (pipeline, verification, table_name, key, verdict, settled_at, equal_at) VALUES ('"
                        + pipeline + "', " + id + ", 'public." + table + "', '" + key + "', '" + verdict + "', " + more
                        + ")");
    }

    private void compared(String pipeline, String table) {
        sql("INSERT INTO sluice.compared (pipeline, signal, table_name, key, sequence) VALUES ('" + pipeline
                + "', 's', 'public." + table + "', '[1]', 1)");
    }

    @Test
    void aPipelineThatIsRemovedTakesWhatItsComparisonsLeftAndNothingOfOthers() {
        prepare("p", "a", "b");
        prepare("q", "c");
        verification("p", 1, "full", "a", "b");
        verification("q", 2, "full", "c");
        key("p", 1, "a", "[1]", "missing", "now(), NULL");
        key("q", 2, "c", "[1]", "missing", "now(), NULL");
        sql(
                "INSERT INTO sluice.verified_checks (pipeline, verification, name, outcome, target_rows) VALUES ('p', 1, 'sums', 'equal', 1)");
        compared("p", "a");
        compared("q", "c");
        sql("CREATE TABLE sluice.verified_keys_13_0 (id bigint)");

        preparation.remove(false, false);

        assertThat(rows(LEFT))
                .containsExactly(
                        "compared qpublic.c",
                        "table verified_keys_13_0",
                        "table verified_keys_2_0",
                        "verification q2public.c[1]",
                        "verifications q2",
                        "verified_tables q2public.c");
        preparation("q").remove(false, false);
        assertThat(rows("SELECT nspname FROM pg_namespace WHERE nspname = 'sluice'"))
                .isEmpty();
    }

    @Test
    void aTableThatIsNoLongerCapturedTakesWhatComparisonsFoundOfIt() {
        prepare("p", "a", "b");
        verification("p", 1, "full", "a", "b");
        key("p", 1, "a", "[1]", "missing", "now(), NULL");
        key("p", 1, "b", "[1]", "missing", "now(), NULL");
        compared("p", "a");
        compared("p", "b");

        prepare("p", "a");

        assertThat(rows(LEFT))
                .containsExactly(
                        "compared ppublic.a",
                        "table verified_keys_1_0",
                        "verification p1public.a[1]",
                        "verifications p1",
                        "verified_tables p1public.a");
        assertThat(Verified.read(database, "p").newest())
                .extracting(VerifiedTable::table)
                .containsExactly(TableId.parse("a"));
    }

    private static Instant hour(long hours) {
        return Instant.parse("2024-01-01T00:00:00Z").plusSeconds(3_600 * hours);
    }

    @Test
    void theStatusKnowsOfEachTableTheNewestComparisonAndTheNewestCleanOne() {
        prepare("p", "a", "b", "c");
        verification("p", 1, "full", "a", "b");
        verification("p", 2, "full", "a");
        verification("p", 3, "counts", "a", "c");
        verification("p", 4, "sample", "b");
        for (String verdict : List.of("missing", "extra", "different", "misconverted", "colliding")) {
            key("p", 2, "a", "[\"" + verdict + "\"]", verdict, "now(), NULL");
        }
        key("p", 2, "a", "[1]", "different", "now(), now()");
        key("p", 2, "a", "[2]", "unsettled", "now(), NULL");
        key("p", 2, "a", "[3]", "missing", "NULL, NULL");
        for (String verdict : List.of("waiting", "stale", "held", "dead-letter", "discarded")) {
            key("p", 1, "b", "[\"" + verdict + "\"]", verdict, "now(), NULL");
        }
        Verified status = Verified.read(database, "p");
        VerifiedTable b = new VerifiedTable(TableId.parse("b"), 1, "full", 100, hour(1), true, 0, 0, 5);
        assertThat(status.newest())
                .containsExactly(new VerifiedTable(TableId.parse("a"), 2, "full", 200, hour(2), false, 5, 2, 0), b);
        assertThat(status.lastClean())
                .containsExactly(new VerifiedTable(TableId.parse("a"), 1, "full", 100, hour(1), true, 0, 0, 0), b);

        sql(
                "UPDATE sluice.verification SET equal_at = now(), settled_at = coalesce(settled_at, now()) WHERE verification = 2");
        assertThat(Verified.read(database, "p").lastClean())
                .as("found equal since")
                .containsExactly(new VerifiedTable(TableId.parse("a"), 2, "full", 200, hour(2), true, 0, 0, 0), b);
    }

    @Test
    void aComparisonThatHasNotComeToItsEndSaysNothingOfItsTable() {
        prepare("p", "a", "b");
        verification("p", 1, "full", "a", "b");
        sql("UPDATE sluice.verified_tables SET phase = 'settling', sequence = NULL WHERE table_name = 'public.a'");
        sql("UPDATE sluice.verified_tables SET sequence = NULL WHERE table_name = 'public.b'");
        assertThat(Verified.read(database, "p").newest())
                .containsExactly(new VerifiedTable(TableId.parse("b"), 1, "full", 0, hour(1), true, 0, 0, 0));
        assertThat(Verified.read(database, "q").newest()).isEmpty();
    }
}
