package dev.sluice.cli.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.Cli;
import dev.sluice.embedded.LocalPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The target holds the rows that the configuration selects, also after it selects others. */
@Execution(ExecutionMode.CONCURRENT)
final class FilterIT {
    private static final String USERS = "SELECT id || ' ' || name FROM users ORDER BY id";
    private static final String READINGS = "SELECT id || ' ' || value FROM readings ORDER BY id";

    @TempDir
    private Path directory;

    private String target;

    private void source(String... statements) throws SQLException {
        run("jdbc:sqlite:" + directory.resolve("shop.db"), statements);
    }

    private static void run(String url, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private void configure(String users) throws Exception {
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s", ddl: schema.sql}
                tables:
                  users: {where: "%s", exclude-columns: [state]}
                  readings:
                    computed: {id: "printf('%%s:%%s', site, number)"}
                    key: [id]
                    exclude-columns: [number]
                """.formatted(target, users));
    }

    private Cli.Result sluice(String... command) {
        List<Object> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        return Cli.run(arguments.toArray());
    }

    private void follow() {
        Cli.Result followed = sluice("run", "--until-caught-up");
        assertThat(followed.exitCode()).as(followed.err() + followed.out()).isZero();
    }

    private List<String> rows(String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            while (found.next()) {
                rows.add(found.getString(1));
            }
        }
        return rows;
    }

    @Test
    void theTargetFollowsWhatIsSelected() throws Exception {
        target = LocalPostgres.temporary().createDatabase();
        source(
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, state TEXT COLLATE NOCASE)",
                "INSERT INTO users VALUES (1, 'one', 'live'), (2, 'two', 'LIVE'), (3, 'three', 'dead'), (4, 'four', 'dead'), (6, 'six', 'live')",
                "CREATE TABLE readings (site TEXT, number INTEGER, value INTEGER, PRIMARY KEY (site, number))",
                "INSERT INTO readings VALUES ('a', 1, 10), ('a', 2, 20)");
        Files.writeString(
                directory.resolve("schema.sql"),
                "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);"
                        + "CREATE TABLE readings (id text PRIMARY KEY, site text, value integer);");
        configure("name > date('now')");
        Cli.Result refused = sluice("check");
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.out() + refused.err())
                .contains("tables.users.where cannot be followed", "selection-refused");

        configure("state = 'live'");
        follow();
        assertThat(rows(USERS)).containsExactly("1 one", "2 two", "6 six");
        assertThat(rows(READINGS)).containsExactly("a:1 10", "a:2 20");

        source(
                "UPDATE users SET state = 'dead' WHERE id = 1",
                "UPDATE users SET state = 'Live', name = 'FOUR' WHERE id = 4",
                "INSERT INTO users VALUES (5, 'five', 'dead')",
                "UPDATE readings SET number = 3 WHERE number = 1",
                "UPDATE readings SET value = 21 WHERE number = 2");
        configure("state = 'dead' OR id = 2");
        follow();
        assertThat(rows(USERS)).containsExactly("1 one", "2 two", "3 three", "5 five");
        assertThat(rows(READINGS)).containsExactly("a:2 21", "a:3 10");
        Cli.Result verified = sluice("verify");
        assertThat(verified.exitCode()).as(verified.err() + verified.out()).isZero();
    }
}
