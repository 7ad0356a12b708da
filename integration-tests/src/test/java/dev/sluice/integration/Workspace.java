package dev.sluice.integration;

import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** One user's directory: a SQLite file, {@code sluice.yaml} and the data directory. */
final class Workspace {
    private static final String PASSWORD = "TARGET_PASSWORD";

    private static final Path EXAMPLES = Path.of("..", "examples");
    private static final List<String> URL_LINES =
            List.of("  # url: jdbc:postgresql://localhost:5432/app\n", "  # url: jdbc:postgresql://db:5432/ward\n");

    private final Path directory;
    private final Path source;
    private final Sluice sluice;

    Workspace(Path directory) {
        this(directory, "app.db");
    }

    private Workspace(Path directory, String source) {
        this.directory = directory;
        this.source = directory.resolve(source);
        this.sluice = new Sluice(directory);
    }

    /** A copy of an example that comes with Sluice. */
    static Workspace ofExample(String name, Path directory, String source) throws IOException {
        try (Stream<Path> files = Files.list(EXAMPLES.resolve(name))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, directory.resolve(file.getFileName().toString()));
            }
        }
        return new Workspace(directory, source);
    }

    Path source() {
        return source;
    }

    Path yaml() {
        return directory.resolve("sluice.yaml");
    }

    Path dataDirectory() {
        return directory.resolve(".sluice");
    }

    Sluice sluice() {
        return sluice;
    }

    /** Everything embedded. */
    Workspace init() {
        sluice.run("init", "--source", "sqlite:" + source(), "-o", yaml().toString())
                .expectExitCode(0);
        return this;
    }

    /** Broker and registry embedded, PostgreSQL somewhere else, so that it can be looked at all the time. */
    Workspace initWithTarget(String jdbcUrl) {
        return init().withTarget(jdbcUrl);
    }

    Workspace withTarget(String jdbcUrl) {
        String[] parts = jdbcUrl.split("\\?user=|&password=", -1);
        sluice.withEnvironment(PASSWORD, parts[2]);
        String address = "  url: " + parts[0] + "\n  user: " + parts[1] + "\n  password: ${" + PASSWORD + "}\n";
        return edit(text -> {
            String after = text;
            for (String line : URL_LINES) {
                after = after.replace(line, address);
            }
            return after;
        });
    }

    Workspace edit(UnaryOperator<String> change) {
        try {
            String before = Files.readString(yaml());
            String after = change.apply(before);
            if (before.equals(after)) {
                throw new AssertionError("nothing to change in\n" + before);
            }
            Files.writeString(yaml(), after);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Sluice.Ended runUntilCaughtUp() {
        return start("run", "--until-caught-up").awaitEnd();
    }

    Sluice.Running startRun() {
        return start("run");
    }

    Sluice.Running startVerify(String... arguments) {
        return start("verify", arguments);
    }

    Sluice.Ended run(String command, String... arguments) {
        return start(command, arguments).awaitEnd();
    }

    private Sluice.Running start(String command, String... arguments) {
        List<String> all = new ArrayList<>(List.of(
                command, "-c", yaml().toString(), "--data-dir", dataDirectory().toString()));
        all.addAll(List.of(arguments));
        return sluice.start(all.toArray(String[]::new));
    }

    /** The application of the demo, in a process of its own. */
    Sluice.Running startWriter(int writesPerSecond, String... options) {
        List<String> all = new ArrayList<>(
                List.of("demo-writer", source().toString(), "--writes-per-second", String.valueOf(writesPerSecond)));
        all.addAll(List.of(options));
        Sluice.Running writer = sluice.start(all.toArray(String[]::new));
        writer.await("the application's first transaction", () -> writer.out().contains("writing"));
        return writer;
    }

    /** Lends the embedded PostgreSQL's address while no Sluice runs. */
    <T> T withEmbeddedTarget(TargetUse<T> use) throws SQLException {
        try (LocalPostgres postgres = LocalPostgres.start(dataDirectory().resolve("postgresql"))) {
            return use.apply(postgres.jdbcUrl());
        }
    }

    /** Something to do with a target. */
    @FunctionalInterface
    interface TargetUse<T> {
        T apply(String jdbcUrl) throws SQLException;
    }

    /** All rows of a query as text, columns joined by {@code |}. */
    static List<String> query(String jdbcUrl, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (found.next()) {
                StringBuilder row = new StringBuilder();
                for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
                    row.append(i > 1 ? "|" : "").append(found.getString(i));
                }
                rows.add(row.toString());
            }
            return rows;
        }
    }

    static void execute(String jdbcUrl, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    List<String> querySource(String sql) throws SQLException {
        return query("jdbc:sqlite:" + source(), sql);
    }

    /** On the source. */
    void executeOnSource(String sql) throws SQLException {
        execute("jdbc:sqlite:" + source(), sql);
    }
}
