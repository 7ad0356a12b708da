package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sinks.postgresql.apply.FaultPoints;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.PGConnection;

/** The target cannot or does not want to: the sink waits, says for what, and goes on exactly where it was. */
class TargetOutageTest {
    private static final String[] TABLES = {
        "CREATE TABLE parents (id bigint PRIMARY KEY, name varchar(5) NOT NULL)",
        "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents)"
    };

    private final TestLane lane = TestLane.with(TABLES).capture("parents", "children");
    private Sink sink = lane.sink(lane.settings(), FaultPoints.NONE);
    private CompletableFuture<Void> end = CompletableFuture.completedFuture(null);

    @AfterEach
    void close() {
        sink.stop();
        lane.close();
    }

    private void start(TestLane of) {
        sink = of.sink(of.settings(100), FaultPoints.NONE);
        end = TestLane.start(sink);
    }

    private void awaitWaiting(String... words) {
        TestLane.await("the sink to say that it waits for " + List.of(words), () -> {
            String message = sink.status().message();
            return end.isDone()
                    || (sink.status().state() == SinkStatus.State.WAITING_FOR_TARGET
                            && message != null
                            && List.of(words).stream().allMatch(message::contains));
        });
        assertThat(end).as("%s", sink.status()).isNotDone();
    }

    private void write(TestLane to, long from, long until) {
        for (long i = from; i <= until; i++) {
            to.transaction(to.create("parents", i, "p"), to.create("children", i, i));
            if (i % 10 == 0) {
                to.transaction(to.create("parents", -i, "far too long"));
            }
        }
    }

    /** Everything once: rows, dead letters, nothing left behind. */
    private void assertExactly(TestLane of, long rows) {
        of.awaitApplied(end);
        TestLane.await("the sink to run again", () -> sink.status().state() == SinkStatus.State.RUNNING);
        sink.stop();
        end.join();
        assertThat(sink.status().message()).isNull();
        assertThat(of.one("SELECT (SELECT count(*) FROM parents), (SELECT count(*) FROM children)"))
                .isEqualTo(rows + "|" + rows);
        assertThat(of.rows("SELECT reason, count(*) FROM sluice.dead_letters GROUP BY 1"))
                .containsExactly("too-long|" + rows / 10);
    }

    /** Another session of the test, which the sink's pool knows nothing of. */
    private Connection session() throws SQLException {
        return DriverManager.getConnection(lane.jdbcUrl + "&ApplicationName=somebody");
    }

    private void elsewhere(String sql) {
        try (Connection other = session();
                Statement statement = other.createStatement()) {
            statement.execute(
                    "SET default_transaction_read_only = off; SET statement_timeout = 0; SET lock_timeout = 0");
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void terminateSessions() {
        elsewhere(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }

    private void alterDatabase(String set) {
        elsewhere("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I " + set + "', current_database()); END $$");
    }

    /** SQLSTATEs that pass, raised by the third row that comes, three times over. */
    @ParameterizedTest
    @CsvSource({
        "53100, has no space left",
        "53200, SQLSTATE 53200",
        "40001, SQLSTATE 40001",
        "40P01, SQLSTATE 40P01",
        "57014, gave a statement up",
        "55P03, is waited for",
        "25006, is read-only",
        "57P03, is stopping or starting"
    })
    void whatPassesIsWaitedForAndAppliedOnce(String state, String said) {
        lane.sql("CREATE SEQUENCE tries");
        lane.sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                + " IF NEW.id = 3 AND nextval('tries') <= 3 THEN RAISE EXCEPTION 'for a while' USING ERRCODE = '"
                + state
                + "'; END IF; RETURN NEW; END $$");
        lane.sql("CREATE TRIGGER refuse BEFORE INSERT ON children FOR EACH ROW EXECUTE FUNCTION refuse()");
        List<String> messages = Collections.synchronizedList(new ArrayList<>());
        sink = lane.sink(lane.settings(100), point -> {
            String message = sink.status().message();
            if (message != null) {
                messages.add(message);
            }
        });
        write(lane, 1, 20);
        lane.flush();
        end = TestLane.start(sink);
        assertExactly(lane, 20);
        assertThat(messages).isNotEmpty().allMatch(message -> message.contains(said));
        assertThat(lane.one("SELECT last_value >= 4 FROM tries")).isEqualTo("t");
    }

    @Test
    void aServerThatRestartsInTheMiddleOfAStatementIsWaitedFor() throws Exception {
        try (RestartablePostgres server = new RestartablePostgres()) {
            server.startAnew();
            try (TestLane moved = TestLane.at(server.jdbcUrl(), TABLES).capture("parents", "children");
                    Connection holder = DriverManager.getConnection(server.jdbcUrl())) {
                holder.setAutoCommit(false);
                holder.createStatement().execute("LOCK TABLE children IN SHARE MODE");
                write(moved, 1, 50);
                start(moved);
                awaitWaiting("table public.children is locked by server process");
                server.stop();
                awaitWaiting("PostgreSQL at");
                server.start();
                assertExactly(moved, 50);
            }
        }
    }

    @Test
    void aServerThatOnlyAnswersReadersIsWaitedForWhoeverKeepsItsSessions() {
        write(lane, 1, 10);
        start(lane);
        lane.awaitApplied(end);
        alterDatabase("SET default_transaction_read_only = on");
        terminateSessions();
        write(lane, 11, 30);
        awaitWaiting("is read-only", "Point target.url at the primary server");
        // Sessions that began while it was so stay so.
        alterDatabase("RESET default_transaction_read_only");
        assertExactly(lane, 30);
    }

    @Test
    void limitsThatTheDatabaseSetsForEverybodyDoNotMeetTheSink() throws SQLException {
        alterDatabase("SET statement_timeout = 20");
        alterDatabase("SET lock_timeout = 20");
        alterDatabase("SET idle_in_transaction_session_timeout = 20");
        alterDatabase("SET default_transaction_isolation = serializable");
        elsewhere("ALTER ROLE postgres IN DATABASE \"" + database() + "\" SET statement_timeout = 30");
        terminateSessions();
        assertThat(lane.one("SHOW statement_timeout")).isEqualTo("0");
        assertThat(lane.one("SHOW lock_timeout")).isEqualTo("0");
        assertThat(lane.one("SHOW transaction_isolation")).isEqualTo("read committed");
        write(lane, 1, 20);
        start(lane);
        assertExactly(lane, 20);
    }

    private String database() {
        return lane.one("SELECT current_database()");
    }

    @Test
    void tooManyConnectionsAreWaitedFor() {
        String role = "few_" + System.nanoTime();
        lane.preparation().remove(false, false);
        lane.sql("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'");
        lane.sql("ALTER TABLE parents OWNER TO " + role);
        lane.sql("ALTER TABLE children OWNER TO " + role);
        lane.sql("GRANT CREATE ON DATABASE \"" + database() + "\" TO " + role);
        String url = lane.jdbcUrl.replaceAll("\\?.*", "") + "?user=" + role + "&password=secret";
        try (TestLane poor = TestLane.at(url).capture("parents", "children")) {
            start(poor);
            write(poor, 1, 10);
            poor.awaitApplied(end);
            lane.sql("ALTER ROLE " + role + " CONNECTION LIMIT 0");
            terminateSessions();
            write(poor, 11, 20);
            awaitWaiting("too many connections");
            lane.sql("ALTER ROLE " + role + " CONNECTION LIMIT -1");
            assertExactly(poor, 20);
            poor.preparation().remove(false, false);
        }
        lane.sql("DROP OWNED BY " + role + " CASCADE");
        lane.sql("DROP ROLE " + role);
    }

    @Test
    void aMigrationThatHoldsATableIsNamedWhileItIsWaitedFor() throws SQLException {
        try (Connection migration = session();
                Statement statement = migration.createStatement()) {
            migration.setAutoCommit(false);
            statement.execute("ALTER TABLE children ADD COLUMN note text");
            int process = migration.unwrap(PGConnection.class).getBackendPID();
            write(lane, 1, 20);
            start(lane);
            awaitWaiting(
                    "table public.children is locked by server process " + process,
                    "(user postgres, application somebody",
                    "end that session if it should not be there");
            assertThat(lane.rows("SELECT 1 FROM parents")).isEmpty();
            migration.commit();
        }
        assertExactly(lane, 20);
    }

    @Test
    void aStatementThatSomebodyCancelsIsTriedAgain() throws SQLException {
        try (Connection holder = session();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE children IN SHARE MODE");
            write(lane, 1, 10);
            start(lane);
            for (String ender : List.of("pg_cancel_backend", "pg_terminate_backend")) {
                awaitWaiting("table public.children is locked");
                elsewhere(
                        "SELECT " + ender
                                + "(pid) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND relation = 'children'::regclass");
            }
            awaitWaiting("table public.children is locked");
            holder.rollback();
        }
        assertExactly(lane, 10);
    }

    @Test
    void aDeadlockWithAnotherSessionEndsForOneOfBothAndNothingIsLost() throws Exception {
        write(lane, 1, 10);
        lane.applyAll();
        lane.transaction(lane.update("parents", 1L, "x"), lane.update("children", 2L, 1L));
        try (Connection other = session();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SET deadlock_timeout = '1h'");
            statement.execute("SELECT 1 FROM children WHERE id = 2 FOR UPDATE");
            start(lane);
            TestLane.await(
                    "the sink to wait for the row",
                    () -> !lane.rows(
                                    "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()")
                            .isEmpty());
            // Now each waits for the other, until PostgreSQL ends the sink's transaction.
            statement.execute("UPDATE parents SET name = 'other' WHERE id = 1");
            other.commit();
        }
        lane.awaitApplied(end);
        sink.stop();
        end.get(30, TimeUnit.SECONDS);
        assertThat(lane.rows("SELECT name FROM parents WHERE id = 1")).containsExactly("x");
        assertThat(lane.rows("SELECT parent_id FROM children WHERE id = 2")).containsExactly("1");
        assertThat(lane.one("SELECT count(*) FROM children")).isEqualTo("10");
    }

    /** On a file system of a few mebibytes. Without the right to mount one the test is skipped; another one raises the SQLSTATE. */
    @Test
    void aFullDiskIsWaitedForAndNothingIsLost() throws Exception {
        Path disk = Files.createTempDirectory("sluice-small-disk");
        Assumptions.assumeTrue(
                execute("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk.toString()),
                "a small file system cannot be mounted here, so a full disk is not tried");
        try {
            Path space = Files.createDirectory(disk.resolve("space"));
            Path filler = disk.resolve("filler");
            lane.sql("CREATE TABLESPACE " + lane.pipeline + " LOCATION '" + space + "'");
            lane.sql("ALTER TABLE children SET TABLESPACE " + lane.pipeline);
            lane.sql("ALTER TABLE children ADD COLUMN filler text NOT NULL DEFAULT repeat('x', 500)");
            fill(filler);
            write(lane, 1, 200);
            start(lane);
            awaitWaiting("has no space left");
            assertThat(lane.rows("SELECT 1 FROM parents WHERE id = 200")).isEmpty();
            Files.delete(filler);
            assertExactly(lane, 200);
            lane.sql("DROP TABLE children");
            lane.sql("DROP TABLESPACE " + lane.pipeline);
        } finally {
            execute("umount", "-l", disk.toString());
        }
    }

    private static void fill(Path file) throws IOException {
        byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    private static boolean execute(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
