package dev.sluice.sinks.postgresql.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.TestSql;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Prints what a statement takes by itself, and with the question whether rows refer to what it deletes or changes: the best of some rounds in turn, each rolled back,
 * for other work on the machine only ever adds. Asserts only that both write the same rows.
 */
@Tag("exhaustive")
class ReferralCostTest {
    private static final int ROWS = 5_000;
    private static final int ROUNDS = 30;
    private static final List<String> TABLES = List.of("byid1", "byid2", "bycode1", "bycode2");

    private final TargetDatabase database = TargetDatabase.open(
            TargetSettings.of(LocalPostgres.temporary().createDatabase()), "p", InstantSource.system());
    private final StepWriter writer = new StepWriter(new ArrayEncoder());

    @Test
    void askingBeforeDeletingAndChanging() {
        sql("CREATE TABLE parents (id bigint PRIMARY KEY, code bigint UNIQUE, v text, _sluice_seq bigint)");
        sql("INSERT INTO parents SELECT n, n, 'v', 1 FROM generate_series(1, 200000) n");
        for (String child : TABLES) {
            String column = child.startsWith("byid") ? "id" : "code";
            sql("CREATE TABLE " + child + " (id bigint PRIMARY KEY, p bigint REFERENCES parents (" + column
                    + ") ON DELETE CASCADE ON UPDATE CASCADE)");
            sql("CREATE INDEX ON " + child + " (p)");
            sql("INSERT INTO " + child + " SELECT n, n FROM generate_series(100001, 200000) n");
        }
        sql("ANALYZE");
        BoundTables tables = tables("parents");
        BoundTable parents = tables.bind(catalog("parents").tables().iterator().next());
        report("delete", tables, step(StepKind.DELETE, parents, parents.keyIndexes(), 0));
        report("update", tables, step(StepKind.UPSERT, parents, parents.allIndexes(), 0));
        report("insert", tables, step(StepKind.UPSERT, parents, parents.allIndexes(), 1_000_000));
    }

    @Test
    void askingBeforeDeletingRowsThatReferToEachOther() {
        sql(
                "CREATE TABLE nodes (id bigint PRIMARY KEY, up bigint REFERENCES nodes ON DELETE CASCADE, v text, _sluice_seq bigint)");
        sql("CREATE INDEX ON nodes (up)");
        sql("INSERT INTO nodes SELECT n, nullif(n - 1, 0), 'v', 1 FROM generate_series(1, 100000) n");
        sql("ANALYZE");
        BoundTables tables = tables("nodes");
        BoundTable nodes = tables.bind(catalog("nodes").tables().iterator().next());
        List<Step.Row> rows = new ArrayList<>();
        for (long id = 100_000; id > 100_000 - ROWS; id--) {
            rows.add(new Step.Row(new Object[] {id, null, null}, 2));
        }
        report("delete of a chain", tables, new Step(StepKind.DELETE, nodes, nodes.keyIndexes(), rows));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void sql(String sql) {
        TestSql.run(database, sql);
    }

    private Catalog catalog(String table) {
        return Catalog.of(List.of(TargetCatalog.read(database, List.of("public"))
                .table(TableId.parse(table))
                .orElseThrow()
                .toTable()));
    }

    private BoundTables tables(String table) {
        return BoundTables.of(catalog(table), Map.of(), Map.of(), database, Set::of);
    }

    private static Step step(StepKind kind, BoundTable table, int[] columns, long above) {
        List<Step.Row> rows = new ArrayList<>();
        for (long i = 1; i <= ROWS; i++) {
            long id = above + i * 17 % 100_000 + 1;
            rows.add(new Step.Row(new Object[] {id, id, "w"}, 2));
        }
        return new Step(kind, table, columns, rows);
    }

    private void report(String what, BoundTables tables, Step step) {
        double plain = Double.MAX_VALUE;
        double asked = Double.MAX_VALUE;
        List<Referrer> acting = tables.acting(step);
        for (int round = 0; round < ROUNDS; round++) {
            plain = Math.min(plain, millis(connection -> writer.execute(connection, step)));
            asked = Math.min(asked, millis(connection -> {
                writer.executeUnreferred(connection, step, acting);
                return ROWS;
            }));
        }
        System.out.printf(
                Locale.ROOT,
                "%s of %d rows, %d foreign keys: %.1f ms, asked before %.1f ms%n",
                what,
                ROWS,
                acting.size(),
                plain,
                asked);
    }

    /** Writes rows, and says how many. */
    private interface Writing {
        int in(Connection connection) throws SQLException;
    }

    private double millis(Writing writing) {
        return database.withConnection(connection -> {
            connection.setAutoCommit(false);
            try (Statement control = connection.createStatement()) {
                control.execute(
                        "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off");
                long begin = System.nanoTime();
                assertThat(writing.in(connection)).isEqualTo(ROWS);
                return (System.nanoTime() - begin) / 1e6;
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        });
    }
}
