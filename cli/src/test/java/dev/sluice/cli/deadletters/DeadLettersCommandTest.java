package dev.sluice.cli.deadletters;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.cli.Cli;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DeadLettersCommandTest {
    private final String target = LocalPostgres.temporary().createDatabase();

    @TempDir
    Path directory;

    @BeforeEach
    void prepare() throws IOException {
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s"}
                tables:
                  people:
                    target: Users
                    columns:
                      pass: {target: Password, masked: true}
                """.formatted(target));
        try (TargetDatabase database = TargetDatabase.open(TargetSettings.of(target), "shop", InstantSource.system())) {
            for (String pipeline : List.of("shop", "other")) {
                new TargetPreparation(database, pipeline, InstantSource.system())
                        .prepare(PreparationRequest.of("id", "sqlite", Catalog.of(List.of())), false);
            }
        }
    }

    private Cli.Result letters(String... command) {
        List<Object> arguments = new ArrayList<>(List.of("dead-letters"));
        arguments.addAll(List.of(command));
        arguments.addAll(List.of("-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        return Cli.run(arguments.toArray());
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
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

    private void someLetters() throws SQLException {
        sql("""
                INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, column_name, reason, message, raw, raw_format, state, created_at)
                VALUES ('shop', 'main', 'public.users', '[5]', 7, 'u', 'name', 'not-null', 'refused', '{"id":5,"name":null,"password":"secret"}', 'sluice-json/1', 'open', '2026-01-02 10:00:00+00'),
                       ('shop', 'main', 'public.orders', '[6]', 8, 'c', null, 'parent', 'dead too', '\\x00ff', 'other/1', 'open', '2026-01-03 10:00:00+00'),
                       ('shop', 'main', 'public.orders', '[7]', 3, 'c', null, 'too-long', 'refused', null, null, 'superseded', '2026-01-01 10:00:00+00'),
                       ('other', 'main', 'public.users', '[5]', 1, 'c', null, 'parent', 'of another pipeline', null, null, 'open', now())""");
    }

    @Test
    void openLettersAreListedWithTheirNumbers() throws SQLException {
        someLetters();
        Cli.Result result = letters("list");
        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(result.out().lines())
                .containsExactly(
                        "#1  2026-01-02 10:00:00Z  open  public.users [5]  not-null: refused",
                        "#2  2026-01-03 10:00:00Z  open  public.orders [6]  parent: dead too",
                        "2 open, 0 superseded, 0 retried, 0 discarded");
        assertThat(letters("list", "--state", "all", "--table", "public.orders", "--limit", "1")
                        .out()
                        .lines())
                .containsExactly(
                        "#2  2026-01-03 10:00:00Z  open  public.orders [6]  parent: dead too",
                        "… and 1 more; show more with --limit",
                        "1 open, 1 superseded, 0 retried, 0 discarded");
        assertThat(letters("list", "--reason", "unique").out()).startsWith("no such dead letter of pipeline shop");
    }

    @Test
    void jsonHasTheSame() throws Exception {
        someLetters();
        JsonNode report = new ObjectMapper()
                .readTree(letters("list", "--json", "--limit", "1").out());
        assertThat(report.get("deadLetters")).hasSize(1);
        JsonNode letter = report.get("deadLetters").get(0);
        assertThat(letter.get("id").asLong()).isEqualTo(1);
        assertThat(letter.get("key").asText()).isEqualTo("[5]");
        assertThat(letter.get("column").asText()).isEqualTo("name");
        assertThat(letter.get("askedAt").isNull()).isTrue();
        assertThat(letter.has("row")).as("values only where they are asked for").isFalse();
        assertThat(report.get("open").asLong()).isEqualTo(2);
    }

    @Test
    void oneIsShownWithItsRowButNotWithWhatIsMasked() throws Exception {
        someLetters();
        Cli.Result text = letters("show", "1");
        assertThat(text.exitCode()).as(text.err()).isZero();
        assertThat(text.out()).contains("id = 5", "name = null", "password = \"(masked)\"", "not-null, column name");
        assertThat(text.out()).doesNotContain("secret");
        JsonNode json =
                new ObjectMapper().readTree(letters("show", "1", "--json").out());
        assertThat(json.get("row").get("id").asLong()).isEqualTo(5);
        assertThat(json.get("row").get("password").asText()).isEqualTo("(masked)");
        assertThat(letters("show", "2").out()).contains("2 bytes of format other/1, not shown");
        assertThat(letters("show", "3").out()).contains("not kept");
        Cli.Result missing = letters("show", "4");
        assertThat(missing.exitCode()).isEqualTo(8);
        assertThat(missing.err()).contains("has no dead letter #4");
    }

    @Test
    void whatIsDiscardedSaysByWhomAndWhy() throws SQLException {
        someLetters();
        assertThat(letters("discard", "2", "--why", "test data").out()).startsWith("discarded 1 dead letter");
        assertThat(rows("SELECT state || ' ' || why || ' ' || (settled_by = '" + System.getProperty("user.name")
                        + "') || ' ' || (settled_at IS NOT NULL) FROM sluice.dead_letters WHERE id = 2"))
                .containsExactly("discarded test data true true");
        assertThat(letters("discard", "--all", "--why", "the rest").out()).startsWith("discarded 1 dead letter");
        assertThat(letters("discard", "--all", "--why", "again").out()).startsWith("discarded 0 dead letters");
        assertThat(rows("SELECT state FROM sluice.dead_letters WHERE pipeline = 'other'"))
                .containsExactly("open");
        assertThat(letters("show", "2").out()).contains("why      test data");
    }

    @Test
    void discardingByNumberIsAllOrNothing() throws SQLException {
        someLetters();
        Cli.Result result = letters("discard", "1", "3", "4", "99", "--why", "test data");
        assertThat(result.exitCode()).isEqualTo(8);
        assertThat(result.err()).contains("#3 (superseded)", "#4 (there is none)", "#99 (there is none)");
        assertThat(rows("SELECT state FROM sluice.dead_letters WHERE id = 1")).containsExactly("open");
    }

    @Test
    void manyAreDiscardedSomeAtATime() throws SQLException {
        sql(
                "INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, reason, message)"
                        + " SELECT 'shop', 'main', 'public.users', '[' || n || ']', n, 'c', 'unique', 'refused' FROM generate_series(1, 2500) n");
        assertThat(letters("discard", "--reason", "unique", "--why", "test data")
                        .out())
                .startsWith("discarded 2500 dead letters");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "list --limit 0",
                "list --state lost",
                "show",
                "discard 1",
                "discard --why because",
                "discard 1 --all --why because",
                "retry",
                "retry 1 --table public.users",
                "retry --all --wait soon"
            })
    void wrongUsageIsRefused(String command) {
        assertThat(letters(command.isEmpty() ? new String[0] : command.split(" "))
                        .exitCode())
                .isEqualTo(2);
    }
}
