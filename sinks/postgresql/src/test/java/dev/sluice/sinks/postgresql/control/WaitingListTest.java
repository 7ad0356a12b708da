package dev.sluice.sinks.postgresql.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.TestSql;
import dev.sluice.sinks.postgresql.control.WaitingList.Filter;
import dev.sluice.sinks.postgresql.control.WaitingList.Kind;
import dev.sluice.sinks.postgresql.control.WaitingList.Row;
import dev.sluice.sinks.postgresql.control.WaitingList.Totals;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WaitingListTest {
    private final String url = LocalPostgres.temporary().createDatabase();
    private final TargetDatabase database = TargetDatabase.open(TargetSettings.of(url), "p", InstantSource.system());
    private final WaitingList waiting = new WaitingList(database, "p");

    @AfterEach
    void close() {
        database.close();
    }

    private void prepare(String pipeline) {
        new TargetPreparation(database, pipeline, InstantSource.system())
                .prepare(PreparationRequest.of("id", "sqlite", Catalog.of(List.of())), false);
    }

    private void sql(String sql) {
        TestSql.run(database, sql);
    }

    private String one(String sql) {
        return TestSql.rows(database, sql).get(0);
    }

    private void waits(String table, String key, Kind kind, int minutes) {
        sql("INSERT INTO sluice.waiting VALUES ('p', 'main', 'public." + table + "', '" + key + "', '" + kind.text()
                + "', 1, 1, 'because', now() - interval '" + minutes + " minutes')");
    }

    private List<String> listed(Filter filter, long limit) {
        List<String> rows = new ArrayList<>();
        waiting.list(filter, limit, row -> rows.add(row.table().name() + row.key() + (row.accepted() ? "!" : "")));
        return rows;
    }

    private static Filter filter(Kind kind) {
        return new Filter(kind, null);
    }

    private static Filter table(String name) {
        return new Filter(null, TableId.parse(name));
    }

    @Test
    void rowsAreListedBySinceAndCountedWhateverTheLimit() {
        prepare("p");
        waits("a", "[1]", Kind.WAIT, 1);
        waits("b", "[2]", Kind.STALE, 3);
        waits("a", "[3]", Kind.HOLD, 2);
        prepare("q");
        sql("INSERT INTO sluice.waiting VALUES ('q', 'main', 'public.a', '[9]', 'wait', 1, 1, 'because')");
        assertThat(listed(Filter.ALL, 10)).containsExactly("b[2]", "a[3]", "a[1]");
        assertThat(listed(filter(Kind.WAIT), 10)).containsExactly("a[1]");
        assertThat(listed(table("a"), 10)).containsExactly("a[3]", "a[1]");
        List<Row> rows = new ArrayList<>();
        assertThat(waiting.list(Filter.ALL, 1, rows::add)).isEqualTo(new Totals(1, 1, 1, 0));
        assertThat(rows).hasSize(1);
        assertThat(rows.get(0).reason()).isEqualTo("because");
    }

    @Test
    void whatIsAcceptedIsOnlyWhatWasMeant() {
        prepare("p");
        waits("a", "[1]", Kind.WAIT, 1);
        waits("a", "[2]", Kind.STALE, 1);
        waits("b", "[1]", Kind.WAIT, 1);
        assertThat(waiting.accept(table("a"), List.of("[1]"), "ann", "test data"))
                .isEqualTo(1);
        assertThat(listed(Filter.ALL, 9)).containsExactlyInAnyOrder("a[1]!", "a[2]", "b[1]");
        assertThat(one("SELECT kind || reason || accepted_by || why FROM sluice.accepted"))
                .isEqualTo("waitbecauseanntest data");
        assertThat(waiting.accept(filter(Kind.WAIT), "bob", "all of them")).isEqualTo(1);
        assertThat(listed(Filter.ALL, 9)).containsExactlyInAnyOrder("a[1]!", "a[2]", "b[1]!");
        assertThat(one("SELECT why FROM sluice.accepted WHERE table_name = 'public.a'"))
                .as("what was accepted stays as it was")
                .isEqualTo("test data");
        assertThat(waiting.accept(Filter.ALL, "bob", "all of them")).isEqualTo(1);
        assertThat(waiting.accept(Filter.ALL, "bob", "all of them")).isZero();
        sql("UPDATE sluice.waiting SET kind = 'hold' WHERE table_name = 'public.b'");
        assertThat(listed(Filter.ALL, 9)).as("another deviation").containsExactlyInAnyOrder("a[1]!", "a[2]!", "b[1]");
        assertThat(waiting.accept(Filter.ALL, "eve", "this too")).isEqualTo(1);
        assertThat(waiting.list(Filter.ALL, 9, row -> {})).isEqualTo(new Totals(1, 1, 1, 3));
    }

    @Test
    void aKeyThatDoesNotWaitIsNamedAndNothingIsAccepted() {
        prepare("p");
        waits("a", "[1]", Kind.WAIT, 1);
        assertThatThrownBy(() -> waiting.accept(table("a"), List.of("[1]", "[7]"), "ann", "why"))
                .hasMessageContaining("no row of table public.a waits with the key [7]");
        assertThat(listed(Filter.ALL, 9)).containsExactly("a[1]");
    }

    @Test
    void thousandsOfRowsAreAcceptedInChunks() {
        prepare("p");
        sql(
                "INSERT INTO sluice.waiting SELECT 'p', 'main', 'public.a', '[' || n || ']', 'wait', 1, 1, NULL FROM generate_series(1, 2500) n");
        assertThat(waiting.accept(Filter.ALL, "ann", "why")).isEqualTo(2500);
        assertThat(one("SELECT count(*) FROM sluice.accepted")).isEqualTo("2500");
    }

    @Test
    void aRowThatSettlesWhileItIsAcceptedIsNotAccepted() throws Exception {
        prepare("p");
        waits("a", "[1]", Kind.WAIT, 1);
        waits("a", "[2]", Kind.WAIT, 1);
        try (Connection sink = DriverManager.getConnection(url);
                Statement statement = sink.createStatement()) {
            sink.setAutoCommit(false);
            statement.execute("DELETE FROM sluice.waiting WHERE key = '[1]'");
            CompletableFuture<Long> accepting =
                    CompletableFuture.supplyAsync(() -> waiting.accept(Filter.ALL, "ann", "why"));
            awaitLockWait();
            sink.commit();
            assertThat(accepting.join()).isEqualTo(1);
        }
        assertThat(one("SELECT string_agg(key, ',') FROM sluice.accepted")).isEqualTo("[2]");
    }

    private void awaitLockWait() {
        Instant deadline = Instant.now().plusSeconds(20);
        String sql =
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while (one(sql).equals("0")) {
            assertThat(Instant.now()).isBefore(deadline);
        }
    }

    @Test
    void aPipelineThatIsNotPreparedIsRefused() {
        assertThatThrownBy(() -> waiting.list(Filter.ALL, 9, row -> {})).hasMessageContaining("is not prepared");
        assertThatThrownBy(() -> waiting.accept(Filter.ALL, "ann", "why")).hasMessageContaining("is not prepared");
    }
}
