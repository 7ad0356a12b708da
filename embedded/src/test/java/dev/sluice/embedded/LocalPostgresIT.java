package dev.sluice.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPostgresIT {
    @TempDir
    Path directory;

    @Test
    void a_restart_continues_with_the_same_data_and_password() throws Exception {
        try (LocalPostgres postgres = LocalPostgres.start(directory)) {
            execute(postgres.jdbcUrl(), "CREATE TABLE kept (id int)");
            assertThat(query(postgres.jdbcUrl(), "SHOW fsync")).isEqualTo("on");
            assertThat(query(postgres.jdbcUrl(), "SELECT setting FROM pg_file_settings WHERE name = 'timezone'"))
                    .isEqualTo("UTC");
            assertThat(query(postgres.jdbcUrl(), "SHOW server_encoding")).isEqualTo("UTF8");
        }
        String password = Files.readString(directory.resolve("password"));

        try (LocalPostgres postgres = LocalPostgres.start(directory)) {
            assertThat(query(postgres.jdbcUrl(), "SELECT count(*) FROM kept")).isEqualTo("0");
            assertThat(postgres.jdbcUrl()).contains("/sluice?").contains(password);
        }
        assertThat(Postmaster.recorded(directory.resolve("data"))).isEmpty();
    }

    @Test
    void nobody_enters_without_the_password_that_only_this_user_can_read() throws Exception {
        try (LocalPostgres postgres = LocalPostgres.start(directory, Durability.TEST)) {
            String withoutPassword = postgres.jdbcUrl().replaceAll("&password=.*", "&password=wrong");
            assertThatThrownBy(() -> query(withoutPassword, "SELECT 1"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");
            assertThat(query(postgres.jdbcUrl(), "SHOW listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(query(postgres.jdbcUrl(), "SHOW unix_socket_directories"))
                    .isEmpty();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("password"))))
                .isEqualTo("rw-------");
    }

    @Test
    void a_server_left_by_a_killed_process_is_stopped_and_its_commits_are_there() throws Exception {
        try (ChildJvm child = ChildJvm.start(Child.class, directory.toString())) {
            assertThat(child.line()).isEqualTo("committed");
        }
        Postmaster left = Postmaster.recorded(directory.resolve("data")).orElseThrow();
        assertThat(left.isAlive()).isTrue();

        try (LocalPostgres postgres = LocalPostgres.start(directory, Durability.TEST)) {
            assertThat(left.isAlive()).isFalse();
            assertThat(query(postgres.jdbcUrl(), "SELECT id FROM committed")).isEqualTo("1");
        }
    }

    /** Starts a server, commits, and waits to be killed with a connection open. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws Exception {
            LocalPostgres postgres = LocalPostgres.start(Path.of(arguments[0]), Durability.TEST);
            try (Connection open = DriverManager.getConnection(postgres.jdbcUrl());
                    Statement statement = open.createStatement()) {
                statement.execute("CREATE TABLE committed AS SELECT 1 AS id");
                System.out.println("committed");
                Thread.sleep(TimeUnit.MINUTES.toMillis(5));
            }
        }
    }

    @Test
    void a_process_number_that_meanwhile_belongs_to_a_stranger_does_not_hinder_the_start() throws Exception {
        try (LocalPostgres postgres = LocalPostgres.start(directory, Durability.TEST)) {
            execute(postgres.jdbcUrl(), "CREATE TABLE kept (id int)");
        }
        Path data = directory.resolve("data");
        Files.write(
                data.resolve("postmaster.pid"),
                List.of(
                        Long.toString(ProcessHandle.current().pid()),
                        data.toString(),
                        Long.toString(System.currentTimeMillis() / 1000),
                        "5432"));
        try (LocalPostgres postgres = LocalPostgres.start(directory, Durability.TEST)) {
            assertThat(query(postgres.jdbcUrl(), "SELECT count(*) FROM kept")).isEqualTo("0");
        }
        assertThat(ProcessHandle.current().isAlive()).isTrue();
    }

    @Test
    void an_initialisation_that_was_killed_half_way_starts_again() throws Exception {
        Files.createDirectories(directory.resolve("data.new/base"));
        Files.writeString(directory.resolve("data.new/PG_VERSION"), "17");
        try (LocalPostgres postgres = LocalPostgres.start(directory, Durability.TEST)) {
            assertThat(query(postgres.jdbcUrl(), "SELECT current_database()")).isEqualTo("sluice");
        }
    }

    @Test
    void data_of_another_major_version_is_refused_by_name() throws Exception {
        Files.createDirectories(directory.resolve("data"));
        Files.writeString(directory.resolve("data/PG_VERSION"), "16\n");
        assertThatThrownBy(() -> LocalPostgres.start(directory))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining(directory.resolve("data").toString())
                .hasMessageContaining("expected version 17, found version 16")
                .extracting(e -> ((SluiceException) e).kind())
                .isEqualTo(ErrorKind.REFUSED);
    }

    @Test
    void data_without_its_password_is_refused_by_name() throws IOException {
        Files.createDirectories(directory.resolve("data"));
        Files.writeString(directory.resolve("data/PG_VERSION"), "17\n");
        assertThatThrownBy(() -> LocalPostgres.start(directory))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining(directory.resolve("password").toString());
    }

    @Test
    void a_server_that_cannot_start_says_why() throws Exception {
        LocalPostgres.start(directory, Durability.TEST).close();
        Files.writeString(directory.resolve("data/postgresql.auto.conf"), "shared_buffers = 'many'\n");
        assertThatThrownBy(() -> LocalPostgres.start(directory, Durability.TEST))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("did not start")
                .hasMessageContaining("invalid value for parameter \"shared_buffers\"");
    }

    @Test
    void the_temporary_server_is_one_per_jvm_with_databases_of_their_own() throws Exception {
        LocalPostgres postgres = LocalPostgres.temporary();
        postgres.close();
        assertThat(LocalPostgres.temporary()).isSameAs(postgres);
        String first = postgres.createDatabase();
        String second = postgres.createDatabase();
        execute(first, "CREATE TABLE only_here (id int)");
        assertThat(query(first, "SELECT to_regclass('only_here')")).isEqualTo("only_here");
        assertThat(query(second, "SELECT to_regclass('only_here')")).isNull();
        assertThat(query(first, "SHOW fsync")).isEqualTo("off");
        assertThat(query(first, "SHOW wal_level")).isEqualTo("logical");
    }

    @Test
    void a_temporary_server_of_a_killed_jvm_is_removed() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Path abandoned = Files.createDirectory(directory.resolve("sluice-postgres-" + gone.pid() + "-1"));
        Path inUse = Files.createDirectory(
                directory.resolve("sluice-postgres-" + ProcessHandle.current().pid() + "-2"));
        LocalPostgres.start(abandoned, Durability.TEST, true).close();
        Postmaster left = Postmaster.recorded(abandoned.resolve("data")).orElseThrow();

        TemporaryPostgres.removeAbandoned(directory);

        assertThat(left.isAlive()).isFalse();
        assertThat(abandoned).doesNotExist();
        assertThat(inUse).exists();
    }

    private static void execute(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            assertThat(result.next()).isTrue();
            return result.getString(1);
        }
    }
}
