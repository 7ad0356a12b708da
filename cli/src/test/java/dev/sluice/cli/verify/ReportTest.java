package dev.sluice.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.cli.Json;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.deadletters.Masks;
import dev.sluice.cli.report.MaskedKeys;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import dev.sluice.verification.CheckResult;
import dev.sluice.verification.Difference;
import dev.sluice.verification.Mode;
import dev.sluice.verification.Result;
import dev.sluice.verification.Verdict;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportTest {
    private static final TableId ORDERS = TableId.parse("orders");
    private static final TableId PEOPLE = TableId.parse("people");
    private static final TableId NOTED = TableId.parse("noted");

    private final FakeEngine engine = new FakeEngine();
    private MaskedKeys masks;

    @BeforeEach
    void masks(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                tables: {people: {columns: {mail: {masked: true}}}}
                """);
        try (TargetDatabase target = TargetDatabase.open(
                TargetSettings.of(LocalPostgres.temporary().createDatabase()), "shop", InstantSource.system())) {
            target.withConnectionDo(connection -> connection
                    .createStatement()
                    .execute("CREATE TABLE people (region bigint, mail text, PRIMARY KEY (region, mail))"));
            masks = MaskedKeys.read(new Masks(Configuration.load(file)), target, List.of(ORDERS, PEOPLE));
        }
    }

    private Report report(Mode mode, TableId... tables) {
        return report(mode, new Coverage(tables.length, List.of(), List.of(), false), false, tables);
    }

    private Report report(Mode mode, Coverage coverage, boolean strict, TableId... tables) {
        Result result = engine.result(mode, mode == Mode.SAMPLE ? 12.5 : 100, List.of(tables));
        return new Report(
                result,
                coverage,
                new Report.Made(
                        "sqlite shop.db",
                        "db:5432/app",
                        "sluice verify -c shop.yaml",
                        "sluice 1",
                        FakeEngine.BEGAN.plusSeconds(91),
                        strict),
                engine,
                masks,
                ExitCode.of(result, coverage, strict));
    }

    private static List<String> text(Report report) {
        List<String> lines = new ArrayList<>();
        TextReport.write(report, lines::add);
        return lines;
    }

    private static JsonNode json(Report report) throws IOException {
        StringWriter out = new StringWriter();
        JsonReport.write(report, out);
        return Json.MAPPER.readTree(out.toString());
    }

    private static String html(Report report) throws IOException {
        StringWriter out = new StringWriter();
        HtmlReport.write(report, out);
        return out.toString();
    }

    @Test
    void equalSidesAreSaidInAFewLines() throws IOException {
        assertThat(text(report(Mode.FULL, ORDERS)))
                .containsExactly(
                        "table                source        target         equal        time    rows/s  differing",
                        "public.orders     1,234,567     1,234,567     1,234,567    1:30 min    13,717  -",
                        "public.orders: checksum 00000000000000010000000000000002 on both sides, of one moment: nothing was under way meanwhile",
                        "comparison 7: every row, at rest: the pipeline did not run, and what was not applied yet counts as different",
                        "every row is equal");
        assertThat(html(report(Mode.FULL, ORDERS))).contains("<p class=\"verdict complete\">every row is equal</p>");
        assertThat(engine.pages).as("nobody looks for keys that are not there").isZero();
    }

    @Test
    void lessThanAFullComparisonNeverReadsLikeOne() throws IOException {
        assertThat(text(report(Mode.SAMPLE, ORDERS)))
                .contains("every row of the sample is equal; the others were not compared")
                .anyMatch(line -> line.contains("a sample of 12.5%"));
        assertThat(text(report(Mode.COUNTS, ORDERS)))
                .contains("both sides have as many rows; what is in them was not compared")
                .noneMatch(line -> line.contains("checksum"));
        assertThat(html(report(Mode.COUNTS, ORDERS))).doesNotContain("Checksum");
    }

    @Test
    void rowsThatWereOnlyCountedAreNotCalledEqual() throws IOException {
        assertThat(text(report(Mode.COUNTS, ORDERS)).get(1))
                .isEqualTo("public.orders     1,234,567     1,234,567             -    1:30 min         -  -");
        JsonNode table = json(report(Mode.COUNTS, ORDERS)).get("tables").get(0);
        assertThat(table.get("equalRows").isNull()).isTrue();
        assertThat(table.get("compared").isNull()).isTrue();
        assertThat(table.get("rowsPerSecond").isNull()).isTrue();
        engine.fewerInTarget = 3;
        assertThat(text(report(Mode.COUNTS, ORDERS)))
                .endsWith(
                        "not every number of rows is equal; the pipeline did not run, so changes that are not applied yet count as differences");
        engine.quiet = false;
        Report moving = report(Mode.COUNTS, ORDERS);
        assertThat(moving.exitCode()).isEqualTo(8);
        assertThat(text(moving))
                .endsWith("it could not be told whether both sides have as many rows: something was written meanwhile");
    }

    @Test
    void whatWasLeftOutIsSaidInEachForm() throws IOException {
        Coverage some = new Coverage(40, List.of(PEOPLE, NOTED), List.of("sum", "count"), false);
        Report report = report(Mode.FULL, some, true, ORDERS);
        String verdict = "every row is equal (38 of 40 tables, 2 checks were not made)";
        assertThat(text(report)).endsWith(verdict);
        JsonNode root = json(report);
        assertThat(root.get("message").textValue()).isEqualTo(verdict);
        assertThat(root.get("tablesNotCompared").toString()).isEqualTo("[\"public.people\",\"public.noted\"]");
        assertThat(root.get("checksNotMade").toString()).isEqualTo("[\"sum\",\"count\"]");
        assertThat(html(report))
                .contains("<p class=\"verdict partial\">" + verdict)
                .contains("Not compared: [public.people, public.noted].", "Checks not made: [sum, count].")
                .contains("exit code 0, with --fail-on-mismatch");
        assertThat(html(report(Mode.SAMPLE, ORDERS))).contains("<p class=\"verdict partial\">");
    }

    @Test
    void aPipelineThatWasStartedMeanwhileLeavesNothingCertain() throws IOException {
        engine.finds("orders", Verdict.MISSING, "[1]");
        Report report = report(Mode.FULL, new Coverage(1, List.of(), List.of(), true), false, ORDERS);
        assertThat(report.exitCode()).isEqualTo(8);
        String verdict =
                "it could not be told whether every row is equal: 1 key differs; the pipeline was started in the middle of the comparison, so what differs may only have been under way. Run this again beside it";
        assertThat(text(report)).endsWith(verdict);
        assertThat(json(report).get("startedMeanwhile").booleanValue()).isTrue();
        assertThat(html(report)).contains("<p class=\"verdict open\">" + verdict);
    }

    @Test
    void checksThatDifferAtRestHaveTheCaveatToo() {
        engine.checks.add(new CheckResult("sum", CheckResult.Outcome.DIFFERENT, 1, 1, "one"));
        engine.checks.add(new CheckResult("broken", CheckResult.Outcome.UNSETTLED, -1, -1, "no such table"));
        assertThat(text(report(Mode.FULL, ORDERS)))
                .contains("    broken: could not be made: no such table")
                .endsWith(
                        "not every row is equal: check sum differs, check broken could not be told; the pipeline did not run, so changes that are not applied yet count as differences");
    }

    @Test
    void valuesSayWhatTheyAreAndGiveATerminalNoOrders() throws IOException {
        engine.unequal.put(
                ORDERS,
                List.of(new Difference(
                        Verdict.DIFFERENT,
                        "[7]",
                        List.of("a", "b\n"),
                        Arrays.asList(null, "it's\nred\u001b[31m"),
                        Arrays.asList("NULL", "\\n"))));
        assertThat(text(report(Mode.FULL, ORDERS)))
                .contains("        a: source NULL, target 'NULL'")
                .contains("        b\\n: source 'it\\'s\\nred\\u001b[31m', target '\\\\n'")
                .noneMatch(line -> line.startsWith("both values"));
        assertThat(html(report(Mode.FULL, ORDERS)))
                .contains("a: source <code>NULL</code>, target <code>&#39;NULL&#39;</code>");
    }

    @Test
    void keysAreListedByVerdictUpToTwentyAndThenPointedTo() {
        engine.live = true;
        engine.quiet = false;
        for (int i = 0; i < 2_500; i++) {
            engine.finds("orders", Verdict.DIFFERENT, "[" + (10_000 + i) + "]", "total", "note");
        }
        engine.finds("orders", Verdict.MISSING, "[99999]");
        engine.finds("orders", Verdict.DEAD_LETTER, "[5]");
        List<String> lines = text(report(Mode.FULL, ORDERS, NOTED));
        assertThat(lines.get(1)).endsWith("1 missing, 2,500 different, 1 dead-letter");
        assertThat(lines)
                .contains(
                        "public.orders",
                        "    missing [99999]",
                        "    different [10000]: total, note",
                        "    different [10019]: total, note",
                        "    dead-letter [5]",
                        "    and 2,480 more: SELECT key, verdict, columns FROM sluice.verification WHERE pipeline = 'shop' AND verification = 7 AND table_name = 'public.orders' AND equal_at IS NULL ORDER BY key",
                        "public.noted",
                        "    what is <odd> about it",
                        "comparison 7: every row, beside the running pipeline",
                        "both values: sluice verify --recheck --show-values",
                        "not every row is equal: 2,501 keys differ, the pipeline itself accounts for 1 key (1 dead-letter)")
                .doesNotContain("    different [10020]: total, note")
                .anyMatch(line -> line.contains(
                        "of the source, 00000000000000030000000000000004 of the target, not of one moment"));
    }

    @Test
    void jsonHasEveryKeyUnderStableNames() throws IOException {
        for (int i = 0; i < 2_500; i++) {
            engine.finds("orders", Verdict.EXTRA, "[" + (10_000 + i) + "]");
        }
        engine.unequal
                .get(ORDERS)
                .add(new Difference(
                        Verdict.DIFFERENT,
                        "[7]",
                        List.of("a", "b"),
                        Arrays.asList("1", null),
                        Arrays.asList("2", "***")));
        engine.checks.add(new CheckResult("revenue", CheckResult.Outcome.DIFFERENT, 3, 4, "row 2 differs"));
        engine.checks.add(new CheckResult("none", CheckResult.Outcome.EQUAL, -1, 0, null));
        JsonNode root = json(report(Mode.FULL, ORDERS, PEOPLE));
        assertThat(root.get("equal").booleanValue()).isFalse();
        assertThat(root.get("explained").booleanValue()).isFalse();
        assertThat(root.get("differs").booleanValue()).isTrue();
        assertThat(root.get("exitCode").intValue()).isEqualTo(3);
        assertThat(root.get("verification").longValue()).isEqualTo(7);
        JsonNode orders = root.get("tables").get(0);
        assertThat(orders.get("table").textValue()).isEqualTo("public.orders");
        assertThat(orders.get("sourceRows").longValue()).isEqualTo(1_237_068);
        assertThat(orders.get("targetRows").longValue()).isEqualTo(1_234_567);
        assertThat(orders.get("equalRows").longValue()).isEqualTo(1_234_567);
        assertThat(orders.get("counts").get("extra").longValue()).isEqualTo(2_500);
        assertThat(orders.get("counts").get("dead-letter").longValue()).isZero();
        assertThat(orders.get("checksumsOfOneMoment").booleanValue()).isTrue();
        assertThat(orders.get("differences")).hasSize(2_501);
        assertThat(orders.get("differences").get(2_500).toString())
                .isEqualTo(
                        "{\"verdict\":\"different\",\"key\":\"[7]\",\"columns\":[\"a\",\"b\"],\"sourceValues\":[\"1\",null],\"targetValues\":[\"2\",\"***\"]}");
        assertThat(root.get("tables").get(1).get("differences")).isEmpty();
        assertThat(root.get("checks").toString())
                .isEqualTo(
                        "[{\"name\":\"revenue\",\"outcome\":\"different\",\"sourceRows\":3,\"targetRows\":4,\"message\":\"row 2 differs\"},"
                                + "{\"name\":\"none\",\"outcome\":\"equal\",\"sourceRows\":null,\"targetRows\":0,\"message\":null}]");
    }

    @Test
    void whatThePipelineAccountsForIsNeitherEqualNorDifferent() throws IOException {
        engine.finds("orders", Verdict.WAITING, "[1]");
        JsonNode root = json(report(Mode.FULL, ORDERS));
        assertThat(root.get("equal").booleanValue()).isFalse();
        assertThat(root.get("explained").booleanValue()).isTrue();
        assertThat(root.get("differs").booleanValue()).isFalse();
        assertThat(html(report(Mode.FULL, ORDERS))).contains("<p class=\"verdict open\">");
    }

    @Test
    void thePageNeedsNothingBesideItAndBelievesNobody() throws IOException {
        engine.finds("noted", Verdict.DIFFERENT, "[\"<script>alert(1)</script>\"]", "a<b");
        for (int i = 0; i < 1_500; i++) {
            engine.finds("orders", Verdict.MISSING, "[" + (10_000 + i) + "]");
        }
        engine.checks.add(new CheckResult("sum", CheckResult.Outcome.UNSETTLED, 1, 1, "<b>"));
        String page = html(report(Mode.FULL, NOTED, ORDERS));
        assertThat(page)
                .startsWith("<!DOCTYPE html>")
                .endsWith("</html>\n")
                .contains("prefers-color-scheme: dark", "@media print", "what is &lt;odd&gt; about it", "a&lt;b")
                .contains("&lt;script&gt;alert(1)", "unsettled (rows: 1 in the source, 1 in the target): &lt;b&gt;")
                .contains(
                        "Made by <code>sluice verify -c shop.yaml</code>, 2026-03-01 10:01:31 UTC",
                        " · exit code 3</p>")
                .contains("source <code>sqlite shop.db</code> · target <code>db:5432/app</code>")
                .contains("[10999]", "And 500 more: <code>SELECT key", "sluice 1", "2026-03-01 10:00:00 UTC")
                .doesNotContain("<script", "[11000]", "http://", "https://", "src=");
    }

    @Test
    void keysOfMaskedColumnsAreShownNowhere() throws IOException {
        engine.finds("people", Verdict.MISSING, "[3,\"a@b.c\"]");
        Report report = report(Mode.FULL, PEOPLE);
        String everything = text(report) + json(report).toString() + html(report);
        assertThat(everything)
                .contains("[3,\"***\"]")
                .contains("[3,&quot;***&quot;]")
                .doesNotContain("a@b.c");
    }
}
