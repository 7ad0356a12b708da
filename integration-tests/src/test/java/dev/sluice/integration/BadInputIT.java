package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every mistake has its message and its exit code. */
final class BadInputIT {
    @TempDir
    private Path directory;

    private Workspace workspace;

    @BeforeEach
    void makeWorkspace() {
        workspace = new Workspace(directory);
    }

    @Test
    void aFileThatIsNoDatabaseIsNamed() throws IOException {
        Files.writeString(workspace.source(), "this is a text of some length and not a database".repeat(50));

        init().expectExitCode(4)
                .expectMessage("app.db", "not a SQLite database")
                .expectNoStackTrace();
    }

    @Test
    void aMissingFileIsNamedAndNotMade() {
        init().expectExitCode(4).expectMessage("app.db", "does not exist").expectNoStackTrace();

        assertThat(workspace.source()).doesNotExist();
    }

    @Test
    void aLockedDatabaseIsNamedAfterAWhile() throws SQLException {
        makeSource();
        workspace.initWithTarget(LocalPostgres.temporary().createDatabase());
        try (Connection holder = DriverManager.getConnection("jdbc:sqlite:" + workspace.source());
                Statement statement = holder.createStatement()) {
            statement.execute("BEGIN EXCLUSIVE");

            workspace
                    .run("check")
                    .expectExitCode(4)
                    .expectReport("app.db", "locked")
                    .expectNoStackTrace();
        }
        workspace.runUntilCaughtUp().expectExitCode(0);
    }

    @Test
    void aTableWithoutAPrimaryKeyIsLeftOutByInitAndRefusedByCheck() throws IOException, SQLException {
        makeSource();
        workspace.executeOnSource("CREATE TABLE keyless (a TEXT)");

        init().expectExitCode(0).expectReport("no primary key", "keyless");
        Files.delete(workspace.yaml());
        Files.delete(directory.resolve("schema.sql"));
        String target = LocalPostgres.temporary().createDatabase();
        Workspace.execute(target, "CREATE TABLE keyless (a text)");
        Workspace.execute(target, "CREATE TABLE items (id bigint PRIMARY KEY, name text)");
        workspace.initWithTarget(target);

        workspace.edit(text -> text.replace("    - keyless\n", "    - nothing\n"));
        workspace
                .run("check")
                .expectExitCode(2)
                .expectReport("keyless", "primary key")
                .expectNoStackTrace();
    }

    @Test
    void aTargetThatIsNotThereIsNamedWithoutItsPassword() throws SQLException {
        makeSource();
        workspace.initWithTarget("jdbc:postgresql://127.0.0.1:1/app?user=app&password=verysecret");

        Sluice.Ended ended = workspace
                .run("check")
                .expectExitCode(5)
                .expectReport("127.0.0.1:1")
                .expectNoStackTrace();
        assertThat(ended.err() + ended.out()).doesNotContain("verysecret");
    }

    @Test
    void aWrongPasswordIsNamedAndNotShown() throws SQLException {
        makeSource();
        String url = LocalPostgres.temporary().createDatabase();
        workspace.initWithTarget(url.replaceFirst("password=.*", "password=verysecret"));

        Sluice.Ended ended = workspace
                .run("run", "--until-caught-up")
                .expectExitCode(5)
                .expectMessage("password")
                .expectNoStackTrace();
        assertThat(ended.err() + ended.out()).doesNotContain("verysecret");
    }

    @Test
    void aBrokerThatIsNotThereIsNamed() throws IOException, SQLException {
        makeSource();
        workspace.initWithTarget(LocalPostgres.temporary().createDatabase());
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        workspace.edit(text ->
                text.replace("# bootstrap-servers: kafka1:9092,kafka2:9092", "bootstrap-servers: 127.0.0.1:" + port));

        workspace
                .run("check")
                .expectExitCode(6)
                .expectReport("127.0.0.1:" + port)
                .expectNoStackTrace();
    }

    @Test
    void anUnknownKeyIsNamedWithItsLineAndASuggestion() throws SQLException {
        makeSource();
        workspace.init();
        workspace.edit(text -> text.replace("commit-interval:", "comit-interval:"));

        workspace
                .run("run")
                .expectExitCode(2)
                .expectMessage("kafka.comit-interval", "commit-interval", "sluice.yaml")
                .expectNoStackTrace();
        assertThat(workspace.dataDirectory()).doesNotExist();
    }

    private void makeSource() throws SQLException {
        workspace.executeOnSource("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)");
        workspace.executeOnSource("INSERT INTO items VALUES (1, 'one'), (2, 'two')");
    }

    private Sluice.Ended init() {
        return workspace
                .sluice()
                .run(
                        "init",
                        "--source",
                        "sqlite:" + workspace.source(),
                        "-o",
                        workspace.yaml().toString());
    }
}
