package dev.sluice.cli.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.cli.SluiceCommand;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class WaitingCommandTest {
    private final String target = LocalPostgres.temporary().createDatabase();

    @TempDir
    Path directory;

    private record Result(int exitCode, String out, String err) {}

    @BeforeEach
    void prepare() throws IOException {
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s"}
                """.formatted(target));
        try (TargetDatabase database = TargetDatabase.open(TargetSettings.of(target), "shop", InstantSource.system())) {
            new TargetPreparation(database, "shop", InstantSource.system())
                    .prepare(PreparationRequest.of("id", "sqlite", Catalog.of(List.of())), false);
        }
    }

    private Result waiting(String command, String... options) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> arguments = Stream.concat(
                        Stream.of(
                                "waiting",
                                command,
                                "-c",
                                directory.resolve("sluice.yaml").toString()),
                        Stream.of(options))
                .toList();
        int exitCode = SluiceCommand.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments.toArray(String[]::new));
        return new Result(exitCode, out.toString(), err.toString());
    }

    private void waits(String values) throws SQLException {
        sql("INSERT INTO sluice.waiting VALUES " + values);
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void someRows() throws SQLException {
        waits("""
                ('shop', 'main', 'public.orders', '[12]', 'wait', 1, 1, '{"foreign_key":"orders_customer","table":"public.customers","key":[7]}', '2026-01-02 10:00:00.5+00'),
                ('shop', 'main', 'public.orders', '[13]', 'stale', 1, 1, '{"reason":"blocked-by-held","table":"public.orders","key":["A"]}', '2026-01-01 10:00:00+00'),
                ('shop', 'main', 'public.customers', '[8]', 'hold', 1, 1, '{"reason":"still-referred-to","foreign_keys":["a","b"],"table":"public.customers","key":[8]}', '2026-01-03 10:00:00+00'),
                ('shop', 'main', 'public.customers', '[9]', 'hold', 1, 1, 'something else', '2026-01-04 10:00:00+00')""");
    }

    @Test
    void everyRowIsShownWithWhatItWaitsForTheLongestWaitFirst() throws SQLException {
        someRows();
        Result result = waiting("list");
        assertThat(result.exitCode()).isZero();
        assertThat(result.out().lines())
                .containsExactly(
                        "2026-01-01 10:00:00Z  stale  public.orders [13]  blocked by held: public.orders [\"A\"]",
                        "2026-01-02 10:00:00Z  wait   public.orders [12]  waits for public.customers [7] (orders_customer)",
                        "2026-01-03 10:00:00Z  hold   public.customers [8]  still referred to: public.customers [8] (a, b)",
                        "2026-01-04 10:00:00Z  hold   public.customers [9]  something else",
                        "1 waiting, 1 stale, 2 held; 0 accepted");
        assertThat(waiting("list", "--kind", "hold", "--table", "public.customers", "--limit", "1")
                        .out()
                        .lines())
                .containsExactly(
                        "2026-01-03 10:00:00Z  hold   public.customers [8]  still referred to: public.customers [8] (a, b)",
                        "… and 1 more; show more with --limit",
                        "0 waiting, 0 stale, 2 held; 0 accepted");
    }

    @Test
    void jsonHasTheSame() throws Exception {
        someRows();
        Result accepted =
                waiting("accept", "--table", "public.orders", "--key", "[12]", "--why", "test data", "--json");
        assertThat(accepted.exitCode()).isZero();
        assertThat(new ObjectMapper().readTree(accepted.out()).get("accepted").asLong())
                .isEqualTo(1);
        JsonNode report = new ObjectMapper()
                .readTree(waiting("list", "--json", "--limit", "2").out());
        assertThat(report.get("pipeline").asText()).isEqualTo("shop");
        assertThat(report.get("rows")).hasSize(2);
        assertThat(report.get("rows").get(1)).isEqualTo(new ObjectMapper().readTree("""
                        {"table": "public.orders", "key": "[12]", "kind": "wait", "since": "2026-01-02T10:00:00.500Z", "accepted": true,
                         "waitsFor": {"foreign_key": "orders_customer", "table": "public.customers", "key": [7]}}"""));
        assertThat(report.get("held").asLong()).isEqualTo(2);
        assertThat(report.get("accepted").asLong()).isEqualTo(1);
        assertThat(report.get("waiting").asLong()).isEqualTo(1);
    }

    @Test
    void acceptedRowsAreMarkedAndCounted() throws SQLException {
        someRows();
        Result result = waiting("accept", "--table", "public.orders", "--why", "test data");
        assertThat(result).isEqualTo(new Result(0, "accepted 2 rows" + System.lineSeparator(), ""));
        assertThat(waiting("accept", "--all", "--kind", "hold", "--why", "they may stay")
                        .out())
                .startsWith("accepted 2 rows");
        assertThat(waiting("accept", "--all", "--why", "again").out()).startsWith("accepted 0 rows");
        assertThat(waiting("list").out())
                .contains("[12]  waits for public.customers [7] (orders_customer)  (accepted)")
                .contains("2 held; 4 accepted");
    }

    @Test
    void nothingWaits() throws IOException {
        assertThat(waiting("list").out()).isEqualTo("nothing of pipeline shop waits" + System.lineSeparator());
        assertThat(new ObjectMapper().readTree(waiting("list", "--json").out()).get("rows"))
                .isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "--all",
                "--why|x",
                "--all|--table|public.orders|--why|x",
                "--all|--key|[1]|--why|x",
                "--all|--why| ",
                "--all|--kind|other|--why|x"
            })
    void anAcceptanceThatDoesNotSayWhatOrWhyIsRefused(String options) throws SQLException {
        someRows();
        Result result = waiting("accept", options.split("\\|"));
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.err()).startsWith("sluice: ");
        assertThat(waiting("list").out()).contains("; 0 accepted");
    }

    @Test
    void aKeyThatDoesNotWaitAndALimitOfNothingAreRefused() throws SQLException {
        someRows();
        Result result = waiting("accept", "--table", "public.orders", "--key", "[99]", "--why", "x");
        assertThat(result.exitCode()).isEqualTo(8);
        assertThat(result.err()).contains("no row of table public.orders waits with the key [99]");
        assertThat(waiting("list", "--limit", "0").exitCode()).isEqualTo(2);
    }
}
