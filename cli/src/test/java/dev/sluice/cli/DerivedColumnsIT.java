package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Columns that PostgreSQL computes, and sequences, through the whole pipeline: what the source has no word for. */
@Execution(ExecutionMode.CONCURRENT)
final class DerivedColumnsIT {
    @TempDir
    private Path directory;

    private String target;
    private Path source;

    @BeforeEach
    void makePipeline() throws Exception {
        target = LocalPostgres.temporary().createDatabase();
        source = Cli.database(
                directory.resolve("shop.db"),
                "CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, parts INTEGER)",
                "INSERT INTO items VALUES (1, 'Big Box', 4), (2, 'Bag', 0), (3, NULL, 2), (9, 'gone', 1)",
                "DELETE FROM items WHERE id = 9");
        Files.writeString(directory.resolve("schema.sql"), """
                CREATE TABLE items (id serial PRIMARY KEY, name text, parts integer, tenant text NOT NULL, slug text UNIQUE, share integer);
                """);
    }

    private void configure(String slug, String share) throws IOException {
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s", ddl: schema.sql}
                tables:
                  items:
                    columns:
                      tenant: {expr: "'ward'"}
                      slug: {expr: "%s"}
                      share: {expr: "%s"}
                """.formatted(target, slug, share));
    }

    private Cli.Result sluice(String command, Object... options) {
        List<Object> arguments = new ArrayList<>(
                List.of(command, "-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        arguments.addAll(List.of(options));
        return Cli.run(arguments.toArray());
    }

    private List<String> rows(String sql) throws SQLException {
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
    void whatTheSourceDoesNotHaveIsComputedAndTheSourceIsWhatIsCompared() throws Exception {
        configure("lower(nam)", "100 / parts");
        Cli.Result refused = sluice("check");
        assertThat(refused.exitCode()).as(refused.out()).isEqualTo(2);
        assertThat(refused.out())
                .contains("column slug of table public.items: PostgreSQL says: column \"nam\" does not exist")
                .contains("[impossible-expression]");

        configure("lower(replace(name, ' ', '-'))", "100 / parts");
        Cli.Result checked = sluice("check");
        assertThat(checked.exitCode()).as(checked.err()).isZero();
        assertThat(checked.out())
                .contains("PostgreSQL computes share, slug, tenant")
                .contains("[computed-columns]");
        Cli.Result run = sluice("run", "--until-caught-up");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(7);
        String all = "SELECT concat_ws('|', id, tenant, slug, share) FROM items ORDER BY id";
        assertThat(rows(all)).containsExactly("1|ward|big-box|25", "3|ward|50");
        assertThat(rows("SELECT key || reason FROM sluice.dead_letters")).containsExactly("[2]division-by-zero");

        configure("upper(name)", "100 / parts");
        assertThat(sluice("replay", "--from", "beginning", "--truncate", "--no-wait")
                        .exitCode())
                .isZero();
        Cli.database(source, "UPDATE items SET parts = 10 WHERE id = 2");
        assertThat(sluice("run", "--until-caught-up").exitCode()).isZero();
        assertThat(rows(all)).containsExactly("1|ward|BIG BOX|25", "2|ward|BAG|10", "3|ward|50");
        assertThat(sluice("verify").out()).contains("every row is equal");

        assertThat(sluice("sequences").exitCode()).isEqualTo(3);
        assertThat(sluice("sequences", "--apply").exitCode()).isZero();
        assertThat(rows("SELECT nextval('items_id_seq')")).containsExactly("10");
    }
}
