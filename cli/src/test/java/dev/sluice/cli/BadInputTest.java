package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Whatever is wrong is said in one clear paragraph, with the right exit code and without a stack trace. */
@Execution(ExecutionMode.CONCURRENT)
final class BadInputTest {
    @TempDir
    private Path directory;

    private Path source;

    @BeforeEach
    void makeSource() throws Exception {
        source = Cli.database(
                directory.resolve("shop.db"),
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
                "CREATE TABLE notes (text TEXT)");
    }

    private Path write(String more) throws IOException {
        Path file = directory.resolve("sluice.yaml");
        return Files.writeString(file, "pipeline: shop\nsource: {url: \"sqlite:shop.db\"}\n" + more);
    }

    private static void clear(Cli.Result result, int exitCode, String... words) {
        assertThat(result.err()).contains(words).doesNotContain("\tat ");
        assertThat(result.exitCode()).isEqualTo(exitCode);
    }

    private Cli.Result check(Path file) {
        return Cli.run("check", "-c", file, "--data-dir", directory.resolve("data"));
    }

    @Test
    void withoutACommandTheUserIsToldWhereToBegin() {
        clear(Cli.run(), 2, "sluice: name a command", "sluice --help");
    }

    @Test
    void anUnknownOptionIsUsage() {
        clear(Cli.run("run", "--untl-caught-up"), 2, "Unknown option", "--until-caught-up");
    }

    @Test
    void helpAndVersionAreAnswered() {
        assertThat(Cli.run("--version").out()).startsWith("sluice ");
        assertThat(Cli.run("--help").out()).contains("init").contains("Exit codes:");
        assertThat(Cli.run("run", "--help").exitCode()).isZero();
    }

    @Test
    void aMissingConfigurationIsNamed() {
        clear(
                Cli.run("run", "-c", directory.resolve("none.yaml")),
                2,
                "sluice: there is no configuration file",
                "none.yaml");
    }

    @Test
    void aMissingSourceIsNamed() {
        clear(
                Cli.run("init", "--source", "sqlite:" + directory.resolve("none.db"), "-o", directory.resolve("x")),
                4,
                "none.db",
                "does not exist");
        assertThat(directory.resolve("x")).doesNotExist();
    }

    @Test
    void aSourceOfAnotherKindIsUsage() {
        clear(
                Cli.run("init", "--source", "mysql:shop"),
                2,
                "--source: expected an address of the form sqlite:PATH, found 'mysql:shop'");
    }

    @Test
    void aFileThatIsNoDatabaseIsNamed() throws Exception {
        Path text = Files.writeString(
                directory.resolve("text.db"), "this is not a database, only a text of some length\n".repeat(50));
        clear(
                Cli.run("init", "--source", "sqlite:" + text, "-o", directory.resolve("x")),
                4,
                "text.db",
                "is not a SQLite database");
    }

    @Test
    void aDatabaseWithoutTablesIsNothingToMove() throws Exception {
        Path empty = Cli.database(directory.resolve("empty.db"), "CREATE TABLE t (a)", "DROP TABLE t");
        clear(Cli.run("init", "--source", "sqlite:" + empty, "-o", directory.resolve("x")), 2, "has no tables");
    }

    @Test
    void initNeverOverwritesUnlessForced() throws Exception {
        Path output = directory.resolve("sluice.yaml");
        Path ddl = Files.writeString(directory.resolve("schema.sql"), "mine");
        clear(Cli.run("init", "--source", "sqlite:" + source, "-o", output), 2, "schema.sql exists already", "--force");
        assertThat(ddl).hasContent("mine");
        assertThat(output).doesNotExist();
        assertThat(Cli.run("init", "--source", "sqlite:" + source, "-o", output, "--force")
                        .exitCode())
                .isZero();
        assertThat(Files.readString(ddl)).contains("CREATE TABLE users");
    }

    @Test
    void initTakesNoPasswordIntoTheFile() {
        clear(
                Cli.run("init", "--source", "sqlite:" + source, "--target", "jdbc:postgresql://h/d?user=u&password=p"),
                2,
                "without a password");
    }

    @Test
    void aTableWithoutKeyComesWithItsRemedy() throws Exception {
        Path file = write("target: {ddl: schema.sql}\n");
        Files.writeString(
                directory.resolve("schema.sql"),
                "CREATE TABLE users (id bigint PRIMARY KEY, name text); CREATE TABLE notes (text text)");
        Cli.Result result = check(file);
        assertThat(result.out())
                .contains("[table-without-key]")
                .contains("tables.notes.key")
                .contains("exclude the table");
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @Test
    void everyProblemIsReportedAtOnceAndAsJson() throws Exception {
        Path file = write("""
                kafka: {bootstrap-servers: "127.0.0.1:1", properties: {default.api.timeout.ms: 2000, request.timeout.ms: 1000}}
                schema-registry: {url: "http://127.0.0.1:1"}
                target: {ddl: schema.sql}
                tables: {exclude: [notes]}
                """);
        Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE users (id bigint PRIMARY KEY, nam text)");
        Cli.Result result = Cli.run("check", "--json", "-c", file, "--data-dir", directory.resolve("data"));
        assertThat(result.out())
                .contains("\"code\" : \"missing-target-column\"")
                .contains("did you mean 'nam'?")
                .contains("\"code\" : \"kafka-failed\"")
                .contains("\"code\" : \"schema-registry-failed\"");
        assertThat(result.exitCode()).isEqualTo(2);
    }

    @Test
    void aScriptThatFailsLeavesNothingBehind() throws Exception {
        Path file = write("target: {ddl: schema.sql}\n");
        Files.writeString(
                directory.resolve("schema.sql"), "CREATE TABLE users (id bigint PRIMARY KEY); CREATE TABEL x ()");
        Cli.Result result = check(file);
        assertThat(result.out())
                .contains("schema.sql, named by target.ddl, was rolled back")
                .contains("TABEL");
        assertThat(result.exitCode()).isEqualTo(5);
    }

    @Test
    void aLockedSourceIsNamed() throws Exception {
        Path file = write("target: {ddl: schema.sql}\ntables: {exclude: [notes]}\n");
        Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE users (id bigint PRIMARY KEY, name text)");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + source);
                Statement statement = connection.createStatement()) {
            statement.execute("BEGIN EXCLUSIVE");
            Cli.Result result = check(file);
            assertThat(result.out().strip().lines())
                    .as("nothing that only follows from it")
                    .singleElement()
                    .asString()
                    .contains("locked");
            assertThat(result.exitCode()).isEqualTo(4);
        }
    }

    @Test
    void anUnreachableTargetIsNamed() throws Exception {
        int unused;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            unused = socket.getLocalPort();
        }
        Path file = write("target: {url: \"jdbc:postgresql://127.0.0.1:" + unused + "/shop\"}\n");
        Cli.Result result = check(file);
        assertThat(result.out()).contains("127.0.0.1:" + unused + "/shop cannot be reached");
        assertThat(result.exitCode()).isEqualTo(5);
    }

    @Test
    void aWrongPasswordIsNamedAndNotShown() throws Exception {
        String url = LocalPostgres.temporary().createDatabase().replaceFirst("\\?.*", "");
        Path file = write("target: {url: \"" + url + "\", user: postgres, password: wr0ng}\n");
        Cli.Result result = check(file);
        assertThat(result.out())
                .contains("refuses the password of user postgres")
                .doesNotContain("wr0ng");
        assertThat(result.exitCode()).isEqualTo(5);
    }

    @Test
    void aDataDirectoryOfSomebodyElseIsRefused() throws Exception {
        Path file = write("target: {ddl: schema.sql}\ntables: {exclude: [notes]}\n");
        Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE users (id bigint PRIMARY KEY, name text)");
        Path data = Files.createDirectory(directory.resolve("photos"));
        Files.writeString(data.resolve("holiday.txt"), "sun");
        clear(Cli.run("run", "-c", file, "--data-dir", data), 8, "holiday.txt", "--data-dir");
    }

    @Test
    void removeWantsToBeSure() throws Exception {
        clear(Cli.run("remove", "-c", write("")), 2, "--dry-run", "--yes");
    }

    @Test
    void statusOfAPipelineThatNeverRanSaysSo() throws Exception {
        clear(Cli.run("status", "-c", write(""), "--data-dir", directory.resolve("data")), 2, "has never run");
    }
}
