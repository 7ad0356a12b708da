package dev.sluice.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.cli.Cli;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportCommandTest {
    private final String target = LocalPostgres.temporary().createDatabase();

    @TempDir
    Path directory;

    @BeforeEach
    void prepare() throws IOException, SQLException {
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s"}
                tables:
                  people:
                    columns:
                      mail: {masked: true}
                      pass: {masked: true}
                """.formatted(target));
        sql("CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(9))");
        sql("CREATE TABLE people (region bigint, mail text, pass text, PRIMARY KEY (region, mail))");
        try (TargetDatabase database = TargetDatabase.open(TargetSettings.of(target), "shop", InstantSource.system())) {
            TargetCatalog catalog = TargetCatalog.read(database, List.of("public"));
            Catalog captured = Catalog.of(Stream.of("orders", "people")
                    .map(name ->
                            catalog.table(TableId.parse(name)).orElseThrow().toTable())
                    .toList());
            new TargetPreparation(database, "shop", InstantSource.system())
                    .prepare(PreparationRequest.of("id-1", "sqlite", captured), false);
        }
    }

    private Cli.Result report(String... options) {
        List<Object> arguments = new ArrayList<>(List.of("report"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        return Cli.run(arguments.toArray());
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Of 100 orders and 10 people, some of everything. */
    private void everything() throws SQLException {
        sql("""
                UPDATE sluice.tables SET phase = 'live', snapshot_rows = 100, snapshot_came = 100, snapshot_transformed = 7, snapshot_gone = 2,
                  live_upserts = 40, live_transformed = 3, live_deletes = 5 WHERE table_name = 'public.orders'""");
        sql(
                "UPDATE sluice.tables SET phase = 'live', snapshot_rows = 10, snapshot_came = 10 WHERE table_name = 'public.people'");
        sql("""
                INSERT INTO sluice.transformed (pipeline, table_name, column_name, rule, count, samples)
                VALUES ('shop', 'public.orders', 'note', 'truncate', 11, '{[1],[2],[3],[4],[5]}'), ('shop', 'public.orders', '', 'partial-ignored', 1, '{[6]}'),
                  ('shop', 'public.people', 'pass', 'remove', 1, ARRAY['[4,"d@e.f"]'])""");
        String parent = "{\"foreign_key\":\"orders_customer_fkey\",\"table\":\"public.customers\",\"key\":[9]}";
        sql("""
                INSERT INTO sluice.waiting (pipeline, lane, table_name, key, kind, sequence, origin, reason, snapshot, nulled)
                VALUES ('shop', 'main', 'public.orders', '[10]', 'wait', 5, 5, '%1$s', true, false),
                  ('shop', 'main', 'public.orders', '[11]', 'wait', 6, 6, '%1$s', false, false),
                  ('shop', 'main', 'public.orders', '[12]', 'stale', 7, 7, '%1$s', true, true),
                  ('shop', 'main', 'public.orders', '[13]', 'wait', 8, 8, '%1$s', true, false)""".formatted(parent));
        sql("""
                INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, column_name, reason, message, raw, raw_format, state, snapshot)
                VALUES ('shop', 'main', 'public.orders', '[13]', 9, 'u', null, 'orphan', 'a parent is missing: {"key":[9]}', null, null, 'open', true),
                  ('shop', 'main', 'public.people', '[3,"a@b.c"]', 10, 'r', 'pass', 'nul-character', 'the text holds <NUL> & more',
                    '{"region":3,"mail":"a@b.c","pass":"secret"}', 'sluice-json/1', 'open', true),
                  ('shop', 'main', 'public.people', 'odd', 11, 'r', 'pass', 'nul-character', 'again', null, null, 'discarded', true),
                  ('shop', 'main', 'public.people', '[5,"x@y.z"]', 12, 'c', 'pass', 'nul-character', 'again', null, null, 'open', false),
                  ('shop', 'main', 'public.people', '[6,"x@y.z"]', 13, 'r', 'pass', 'nul-character', 'past', null, null, 'superseded', true)""");
    }

    @Test
    void everyRowHasItsOutcomeWithReasonsAndKeys() throws SQLException {
        everything();
        Cli.Result result = report();
        assertThat(result.out().lines())
                .containsExactly(
                        "table           rows read      loaded transformed     waiting quarantined        gone",
                        "public.orders         100          88           8           1           1           2",
                        "public.people          10           8           0           0           2           0",
                        "total                 110          96           8           1           3           2",
                        "",
                        "public.orders",
                        "  transformed  partial-ignored: 1 value, e.g. [6]",
                        "  transformed  column note, rule truncate: 11 values, e.g. [1] [2] [3] [4] [5] …",
                        "  waiting      waits for public.customers (orders_customer_fkey): 1 row, 1 followed, e.g. [10] [11]",
                        "  set to NULL  written with NULL in place of a reference, waits for public.customers (orders_customer_fkey): 1 row, e.g. [12]",
                        "  quarantined  orphan: 1 row",
                        "      #1 [13]  a parent is missing",
                        "  followed     40 upserts (3 transformed), 5 deletes; now 1 waiting, 0 quarantined",
                        "",
                        "public.people",
                        "  transformed  column pass, rule remove: 1 value, e.g. [4,\"***\"]",
                        "  quarantined  nul-character, column pass: 2 rows, 1 followed, 1 of them let go",
                        "      #2 [3,\"***\"]  the text holds <NUL> & more",
                        "      #3 ***  again",
                        "      #4 [5,\"***\"]  again",
                        "",
                        "2 rows wait, 3 are quarantined");
        assertThat(result.exitCode()).isEqualTo(7);
    }

    @Test
    void valuesAreShownOnRequestOnlyAndNeverMaskedOnes() throws Exception {
        everything();
        assertThat(report().out()).doesNotContain("region = 3");
        assertThat(report("--show-values").out())
                .contains("          region = 3", "          mail = \"(masked)\"", "          pass = \"(masked)\"");
        Path page = directory.resolve("page.html");
        String everywhere =
                report("--show-values", "--json", "--html", page.toString()).out() + Files.readString(page);
        assertThat(everywhere).contains("\"region\" : 3").doesNotContain("secret", "a@b.c", "d@e.f");
    }

    @Test
    void jsonHasTheSame() throws Exception {
        everything();
        Cli.Result result = report("--json");
        JsonNode json = new ObjectMapper().readTree(result.out());
        assertThat(result.exitCode()).isEqualTo(7);
        assertThat(json.at("/pipelineId").asText()).isEqualTo("id-1");
        assertThat(json.at("/verdict").asText()).isEqualTo("open");
        assertThat(json.at("/total").toString())
                .isEqualTo(
                        "{\"rowsRead\":110,\"loaded\":96,\"transformed\":8,\"setToNull\":1,\"waiting\":1,\"quarantined\":3,\"discarded\":1,\"gone\":2}");
        assertThat(json.at("/tables/0/followed").toString())
                .isEqualTo(
                        "{\"upserts\":40,\"deletes\":5,\"transformed\":3,\"setToNull\":0,\"waiting\":1,\"quarantined\":0}");
        assertThat(json.at("/tables/0/rules/1").toString())
                .isEqualTo(
                        "{\"column\":\"note\",\"rule\":\"truncate\",\"values\":11,\"samples\":[\"[1]\",\"[2]\",\"[3]\",\"[4]\",\"[5]\"]}");
        assertThat(json.at("/tables/0/waitingFor/0").toString())
                .isEqualTo(
                        "{\"kind\":\"wait\",\"reason\":null,\"foreignKey\":\"orders_customer_fkey\",\"parent\":\"public.customers\",\"setToNull\":false,"
                                + "\"snapshotRows\":1,\"followedRows\":1,\"samples\":[\"[10]\",\"[11]\"]}");
        assertThat(json.at("/tables/1/quarantinedBecause/0/samples/0").toString())
                .isEqualTo("{\"id\":2,\"key\":\"[3,\\\"***\\\"]\",\"message\":\"the text holds <NUL> & more\"}");
        assertThat(json.at("/tables/1/problem").isNull()).isTrue();
    }

    @Test
    void thePageNeedsNothingBesideItAndEscapesWhatItShows() throws Exception {
        everything();
        sql("UPDATE sluice.transformed SET rule = '<script>' WHERE rule = 'remove'");
        Path page = directory.resolve("report.html");
        Cli.Result result = report("--html", page.toString());
        assertThat(result.exitCode()).as(result.err()).isEqualTo(7);
        String html = Files.readString(page);
        assertThat(html).doesNotContain("<script", "src=", "href=", "url(", "@import");
        assertThat(html)
                .contains("&lt;script&gt;", "<code>[3,&quot;***&quot;]</code> the text holds &lt;NUL&gt; &amp; more");
        try (InputStream golden = Objects.requireNonNull(ReportCommandTest.class.getResourceAsStream("report.html"))) {
            assertThat(html.substring(html.indexOf("<body>"))
                            .replaceAll("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC", "TIME"))
                    .isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void theExitCodeSaysWhetherAllIsWell() throws SQLException {
        Cli.Result pending = report();
        assertThat(pending.exitCode()).isEqualTo(3);
        assertThat(pending.out())
                .contains(
                        "public.orders (pending: figures so far)",
                        "not every snapshot is over: these are figures so far");
        sql("UPDATE sluice.tables SET phase = 'live', snapshot_rows = 4, snapshot_came = 4, snapshot_transformed = 1");
        assertThat(report().exitCode()).isZero();
        assertThat(report().out()).endsWith("every row is loaded or transformed\n");
        sql("UPDATE sluice.tables SET snapshot_came = 3 WHERE table_name = 'public.people'");
        Cli.Result lost = report();
        assertThat(lost.exitCode()).isEqualTo(1);
        assertThat(lost.out())
                .contains(
                        "a bug in Sluice: the source says that 4 rows of public.people were read, and 3 reached the target");
        sql("UPDATE sluice.tables SET snapshot_came = 4, snapshot_gone = 9 WHERE table_name = 'public.people'");
        assertThat(report().out()).contains("more rows of public.people are accounted for than the 4 that were read");
        sql("UPDATE sluice.tables SET snapshot_came = NULL");
        assertThat(report().exitCode())
                .as("begun by a version that did not count them")
                .isZero();
    }

    @Test
    void whatCannotBeReportedIsSaid() throws SQLException {
        Cli.Result unwritable =
                report("--html", directory.resolve("none/report.html").toString());
        assertThat(unwritable.exitCode()).isEqualTo(2);
        assertThat(unwritable.err()).contains("none/report.html", "--html");
        sql("COMMENT ON SCHEMA sluice IS 'Sluice control schema, version 4'");
        Cli.Result older = report();
        assertThat(older.exitCode()).isEqualTo(8);
        assertThat(older.err()).contains("sluice prepare");
    }
}
