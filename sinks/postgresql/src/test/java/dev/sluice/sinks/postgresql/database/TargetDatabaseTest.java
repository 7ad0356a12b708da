package dev.sluice.sinks.postgresql.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.net.ServerSocket;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class TargetDatabaseTest {
    private final String jdbcUrl = LocalPostgres.temporary().createDatabase();
    private final String address = jdbcUrl.replaceAll("\\?.*", "");

    /** Its clock is so fast that a failure is repeated once at most. */
    private static TargetDatabase open(TargetSettings settings) {
        AtomicInteger looks = new AtomicInteger();
        return TargetDatabase.open(settings, "shop", () -> Instant.EPOCH.plusSeconds(3L * looks.incrementAndGet()));
    }

    private static void refused(TargetSettings settings, String message) {
        try (TargetDatabase database = open(settings)) {
            assertThatThrownBy(() -> database.withConnection(c -> 1))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.TARGET))
                    .hasMessageContaining(message);
        }
    }

    @Test
    void secretsAreNotShown() {
        TargetSettings settings = new TargetSettings(
                "jdbc:postgresql://h/d?user=u&password=hunter2&sslmode=require",
                "u",
                "hunter3",
                4,
                Map.of("sslpassword", "hunter4", "sslmode", "require"));
        assertThat(settings.toString()).doesNotContain("hunter").contains("sslmode=require", "password=***");
        assertThatThrownBy(() -> TargetSettings.of("jdbc:mysql://h/d?password=hunter2"))
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void sessionsAreNamedAndInUtc() {
        try (TargetDatabase database = open(TargetSettings.of(jdbcUrl))) {
            String session = database.withConnection(c -> {
                try (var row = c.createStatement()
                        .executeQuery(
                                "SELECT current_setting('application_name') || ' ' || current_setting('TimeZone')")) {
                    row.next();
                    return row.getString(1);
                }
            });
            assertThat(session).isEqualTo("sluice shop UTC");
        }
    }

    @Test
    void aWrongPasswordIsNamedAtOnce() {
        refused(TargetSettings.of(address, "postgres", "wrong"), "refuses the password of user postgres");
    }

    @Test
    void anUnknownDatabaseIsNamed() {
        refused(TargetSettings.of(jdbcUrl.replaceAll("/[^/?]+\\?", "/nowhere?")), "has no such database");
    }

    @Test
    void anUnreachableServerIsNamedByHostAndPort() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        TargetSettings settings = TargetSettings.of("jdbc:postgresql://127.0.0.1:" + free + "/d", "u", "p");
        refused(settings, "PostgreSQL at 127.0.0.1:" + free + "/d cannot be reached");
    }

    @Test
    void aTransactionIsRolledBackWhenItsWorkThrows() {
        try (TargetDatabase database = open(TargetSettings.of(jdbcUrl))) {
            database.withConnectionDo(c -> execute(c.createStatement(), "CREATE TABLE t (id integer PRIMARY KEY)"));
            assertThatThrownBy(() -> database.inTransactionDo(c -> {
                        execute(c.createStatement(), "INSERT INTO t VALUES (1)");
                        throw new IllegalStateException("no");
                    }))
                    .hasMessage("no");
            int rows = database.withConnection(c -> {
                try (var row = c.createStatement().executeQuery("SELECT count(*) FROM t")) {
                    row.next();
                    return row.getInt(1);
                }
            });
            assertThat(rows).isZero();
        }
    }

    private static void execute(Statement statement, String sql) throws SQLException {
        try (statement) {
            statement.execute(sql);
        }
    }

    @Test
    void onlyTransientFailuresAreRepeatedAndEarlierOnesAreKept() {
        RetryPolicy policy = new RetryPolicy(Duration.ofMinutes(1), Duration.ofMillis(10), Duration.ofMillis(40));
        List<Duration> pauses = new ArrayList<>();
        RetryPolicy.Waiting waiting = (failure, pause) -> pauses.add(pause);
        List<String> states = new ArrayList<>(List.of("08006", "40001", "57P01", "53300", "23505"));
        assertThatThrownBy(() -> policy.run(InstantSource.system(), waiting, () -> {
                    throw new SQLException("failed", states.remove(0));
                }))
                .isInstanceOfSatisfying(SQLException.class, e -> {
                    assertThat(e.getSQLState()).isEqualTo("23505");
                    assertThat(e.getSuppressed())
                            .extracting(s -> ((SQLException) s).getSQLState())
                            .contains("08006", "40001", "57P01", "53300");
                });
        assertThat(pauses).extracting(Duration::toMillis).containsExactly(10L, 20L, 40L, 40L);
    }

    @Test
    void repetitionEndsWhenTheTimeIsOver() {
        RetryPolicy policy = new RetryPolicy(Duration.ofSeconds(1), Duration.ofMillis(400), Duration.ofSeconds(1));
        List<Duration> pauses = new ArrayList<>();
        AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
        RetryPolicy.Waiting waiting = (failure, pause) -> {
            now.updateAndGet(time -> time.plus(pause));
            return pauses.add(pause);
        };
        assertThatThrownBy(() -> policy.run(now::get, waiting, () -> {
                    throw new SQLException("gone", "08006");
                }))
                .isInstanceOf(SQLException.class);
        assertThat(pauses).hasSize(1);
    }
}
