package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

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

/** Values that PostgreSQL would not accept, through the whole pipeline: each follows its column's rule, and is counted or a dead letter. */
@Execution(ExecutionMode.CONCURRENT)
final class ValueRulesIT {
    @TempDir
    private Path directory;

    private Cli.Result sluice(String command, Object... options) {
        List<Object> arguments = new ArrayList<>(
                List.of(command, "-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        arguments.addAll(List.of(options));
        return Cli.run(arguments.toArray());
    }

    private static List<String> rows(String target, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (found.next()) {
                rows.add(found.getString(1));
            }
            return rows;
        }
    }

    @Test
    void everyValueFollowsItsRuleIsCountedAndComparesEqual() throws Exception {
        String target = LocalPostgres.temporary().createDatabase();
        Path source = Cli.database(
                directory.resolve("shop.db"),
                "CREATE TABLE items (id INTEGER PRIMARY KEY, label TEXT, note TEXT, size INTEGER, price, kind TEXT, strict TEXT)",
                "INSERT INTO items VALUES (1, 'too long', 'a' || char(0), 99999, 12345, NULL, 's')",
                "INSERT INTO items VALUES (2, 'short', 'note', 1, 1.5, 'k', 's')",
                "INSERT INTO items VALUES (3, 'short', 'note', 1, 1.5, 'k', NULL)",
                "INSERT INTO items VALUES (4, 'short', 'note', 1, 1.5, 'k' || char(0), 's')");
        Files.writeString(directory.resolve("schema.sql"), """
                CREATE TABLE items (id bigint PRIMARY KEY, label varchar(5), note text, size smallint, price numeric(4,2),
                  kind text NOT NULL DEFAULT 'unknown', strict text NOT NULL DEFAULT 'x');
                """);
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s", ddl: schema.sql}
                tables:
                  items:
                    columns:
                      label: {on-too-long: truncate}
                      note: {on-nul: remove}
                      size: {on-out-of-range: clamp}
                      price: {on-out-of-range: null}
                      strict: {on-null: reject}
                """.formatted(target));

        Cli.Result run = sluice("run", "--until-caught-up");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(7);
        assertThat(run.out()
                        .lines()
                        .filter(line -> line.startsWith("total"))
                        .findFirst()
                        .orElseThrow()
                        .split(" +"))
                .containsExactly("total", "4", "2", "0", "2", "0", "0", "5");
        Cli.database(source, "UPDATE items SET label = 'longer' WHERE id = 2");
        assertThat(sluice("run", "--until-caught-up").exitCode()).isEqualTo(7);

        assertThat(rows(target, "SELECT concat_ws('|', id, label, note, size, price, kind) FROM items ORDER BY id"))
                .containsExactly("1|too l|a|32767|unknown", "2|longe|note|1|1.50|k");
        assertThat(rows(target, "SELECT column_name || ' ' || rule || ' ' || count FROM sluice.transformed ORDER BY 1"))
                .containsExactly("kind default 1", "label truncate 2", "note remove 1", "price null 1", "size clamp 1");
        assertThat(rows(target, "SELECT key || reason FROM sluice.dead_letters WHERE state = 'open' ORDER BY key"))
                .containsExactly("[3]not-null", "[4]nul-character");
        assertThat(sluice("status", "--json").out()).contains("\"transformedValues\" : 6");
        Cli.Result verify = sluice("verify");
        assertThat(verify.exitCode()).as(verify.out()).isEqualTo(7);
        assertThat(verify.out()).doesNotContain("[1]").doesNotContain("[2]");
    }

    @Test
    void everyConversionAgreesWithWhatVerifyReads() throws Exception {
        String target = LocalPostgres.temporary().createDatabase();
        Cli.database(
                directory.resolve("shop.db"),
                "CREATE TABLE owners (id TEXT PRIMARY KEY, at TEXT)",
                "CREATE TABLE items (id TEXT PRIMARY KEY, owner, at, rtt, tags TEXT, mode TEXT, up)",
                "INSERT INTO owners VALUES ('{0EEBC999-9C0B-4EF8-BB6D-6BB9BD380A11}', '2025-10-10 12:10:00')",
                "INSERT INTO items VALUES ('a0eebc999c0b4ef8bb6d6bb9bd380a11', '0eebc9999c0b4ef8bb6d6bb9bd380a11', '2025-10-10 12:10:00', 12.5, 'null', 'STANDALONE', 'true')",
                "INSERT INTO items VALUES ('b0eebc999c0b4ef8bb6d6bb9bd380a11', 7, 1760083800, -12.5, '', 'cluster', 1)",
                "INSERT INTO items VALUES ('c0eebc999c0b4ef8bb6d6bb9bd380a11', '', '2025-10-10T08:10:00.1234567Z', 13, '{\"a\": NaN}', 'none', 0)");
        Files.writeString(directory.resolve("schema.sql"), """
                CREATE TABLE owners (id uuid PRIMARY KEY, at timestamptz NOT NULL);
                CREATE TABLE items (id uuid PRIMARY KEY, owner uuid REFERENCES owners, at timestamptz NOT NULL, rtt integer,
                  tags jsonb, mode varchar(10) NOT NULL DEFAULT 'unknown', up boolean);
                """);
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db", time-zone: Asia/Tbilisi}
                target: {url: "%s", ddl: schema.sql}
                values: {on-json-null: null, on-empty: null}
                tables:
                  items:
                    columns:
                      owner: {on-invalid: null}
                      rtt: {on-too-precise: round}
                      tags: {on-invalid: null}
                      mode: {case: lower, map: {none: null}}
                """.formatted(target));

        Cli.Result run = sluice("run", "--until-caught-up");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(
                        rows(
                                target,
                                "SELECT concat_ws('|', left(id::text, 1), left(owner::text, 2), extract(epoch FROM at), rtt, tags, mode, up) FROM items ORDER BY id"))
                .containsExactly(
                        "a|0e|1760083800.000000|13|standalone|t",
                        "b|1760083800.000000|-13|cluster|t",
                        "c|1760083800.123456|13|unknown|f");
        assertThat(rows(target, "SELECT concat_ws(' ', column_name, rule, count) FROM sluice.transformed ORDER BY 1"))
                .containsExactly(
                        "at epoch 1",
                        "at fraction 1",
                        "id uuid-spelling 1",
                        "mode case 1",
                        "mode default 1",
                        "mode map 1",
                        "owner empty 1",
                        "owner invalid 1",
                        "rtt round 2",
                        "tags empty 1",
                        "tags invalid 1",
                        "tags json-null 1",
                        "up boolean-text 1");
        Cli.Result verify = sluice("verify");
        assertThat(verify.exitCode()).as(verify.out()).isZero();
    }
}
