package dev.sluice.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.sluice.cli.Cli;
import dev.sluice.cli.Sources;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.VerifySettings;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.control.InstanceLease;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import dev.sluice.verification.CheckResult;
import dev.sluice.verification.Mode;
import dev.sluice.verification.TableTask;
import dev.sluice.verification.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked, refused and told, around an engine that only says what it is told to. */
final class VerifyCommandTest {
    private final String target = LocalPostgres.temporary().createDatabase();
    private final FakeEngine engine = new FakeEngine();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path directory;

    @BeforeEach
    void prepare() throws IOException, SQLException {
        Cli.database(
                directory.resolve("shop.db"),
                "CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT)",
                "CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT)");
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s"}
                tables:
                  people: {adopt: true, guard: none, columns: {mail: {masked: true}}}
                verify: {parallelism: 3}
                """.formatted(target));
        sql("CREATE TABLE orders (id bigint PRIMARY KEY, note text)");
        sql("CREATE TABLE people (id bigint PRIMARY KEY, mail text)");
        try (TargetDatabase database = database()) {
            TargetCatalog catalog = TargetCatalog.read(database, List.of("public"));
            Catalog captured = Catalog.of(Stream.of("orders", "people")
                    .map(name ->
                            catalog.table(TableId.parse(name)).orElseThrow().toTable())
                    .toList());
            new TargetPreparation(database, "shop", InstantSource.system())
                    .prepare(PreparationRequest.of("id-1", "sqlite", captured), false);
        }
        sql("UPDATE sluice.tables SET phase = 'live'");
        sql("UPDATE sluice.tables SET guard = 'none' WHERE table_name = 'public.people'");
    }

    private TargetDatabase database() {
        return TargetDatabase.open(TargetSettings.of(target), "shop", InstantSource.system());
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Cli.Result verify(String... options) {
        List<Object> arguments = new ArrayList<>(List.of("verify"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        return Cli.run(arguments.toArray());
    }

    private static Ask ask(Ask.What what, Mode mode, String... tables) {
        return new Ask(
                List.of(tables),
                mode,
                mode == Mode.SAMPLE ? 5 : 100,
                true,
                what,
                VerifySettings.DEFAULT,
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                false,
                false);
    }

    private VerifyRun run(Ask ask) {
        Configuration configuration = Configuration.load(directory.resolve("sluice.yaml"));
        return new VerifyRun(
                configuration,
                directory.resolve("data"),
                Sources.of(configuration),
                ask,
                "sluice verify",
                engine.factory(),
                InstantSource.system(),
                Duration.ZERO);
    }

    private VerifyView view() {
        return new VerifyLines(new PrintWriter(err), InstantSource.system());
    }

    private int exitCode(Ask ask) {
        return run(ask).run(this::view, Report::exitCode);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "--counts --sample 10%",
                "--recheck --counts",
                "--recheck --sample 10",
                "--recheck --fresh",
                "--repair --counts",
                "--dry-run",
                "--repair --dry-run --sample 10",
                "--repair --dry-run --html page.html",
                "--continuous --recheck",
                "--continuous --repair",
                "--continuous --json",
                "--every 5m",
                "--continuous --every 10ms",
                "--parallelism 17",
                "--max-rows-per-second -1",
                "--sample 0%",
                "--sample 101",
                "--sample ten",
                "--sample NaN"
            })
    void whatContradictsItselfIsRefused(String options) {
        Cli.Result result = verify(options.split(" "));
        assertThat(result.exitCode()).as(result.err()).isEqualTo(2);
        assertThat(result.err()).startsWith("sluice: --");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void aFileThatCannotBeWrittenIsRefusedBeforeAnythingIsCompared() {
        for (String option : List.of("--json", "--html")) {
            Cli.Result result = verify(option, directory.resolve("no/such/file").toString());
            assertThat(result.exitCode()).isEqualTo(2);
            assertThat(result.err()).contains(option + ": ").contains("cannot be written");
        }
    }

    @Test
    void anUnknownTableIsRefusedWithTheNearestName() {
        Cli.Result result = verify("--tables", "order,people,x");
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.err())
                .contains("no captured table is called 'order'; did you mean 'public.orders'?")
                .contains("'x'");
    }

    @Test
    void ofATableThatIsStillReadNothingCanBeTold() throws SQLException {
        sql("UPDATE sluice.tables SET phase = 'loading' WHERE table_name = 'public.orders'");
        Cli.Result result = verify();
        assertThat(result.exitCode()).isEqualTo(8);
        assertThat(result.err())
                .contains("tables [public.orders] are still being read from the source")
                .contains("or name others with --tables");
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.FULL, "people"))).isZero();
    }

    @Test
    void aPipelineThatDoesNotRunRepairsNothing() {
        Cli.Result result = verify("--repair");
        assertThat(result.exitCode()).isEqualTo(8);
        assertThat(result.err()).contains("does not run, and only it repairs").contains("sluice run");
    }

    @Test
    void whileAnotherComparisonRunsThereIsNone() {
        try (TargetDatabase database = database();
                InstanceLease held =
                        InstanceLease.acquire(database, "shop", InstanceLease.VERIFIER, "another", false, lost -> {})) {
            assertThat(held).isNotNull();
            Cli.Result result = verify();
            assertThat(result.exitCode()).isEqualTo(8);
            assertThat(result.err())
                    .contains("already has a running verifier: process ")
                    .contains("Wait until it is done, or stop it first")
                    .doesNotContain("--take-over");
            assertThat(Cli.run(
                                    "status",
                                    "-c",
                                    directory.resolve("sluice.yaml"),
                                    "--data-dir",
                                    directory.resolve("data"))
                            .out())
                    .as("who only looks is no part of the pipeline")
                    .startsWith("pipeline shop: stopped");
        }
    }

    @Test
    void everyTableIsComparedWithWhatIsKnownOfIt() {
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.SAMPLE))).isZero();
        assertThat(engine.asked)
                .containsExactlyInAnyOrder(
                        "opened at rest 2 0 false",
                        "run SAMPLE 5.0 fresh [public.orders, public.people]",
                        "opened at rest 2 0 false");
        assertThat(engine.tasks)
                .extracting(TableTask::lane, TableTask::guarded, TableTask::adopted, TableTask::masked)
                .containsExactlyInAnyOrder(
                        tuple("main", true, false, Set.of()), tuple("main", false, true, Set.of("mail")));
        assertThat(err.toString()).contains("verify  1 of about 2 rows");
    }

    @Test
    void checksInSqlAreRunBehindTheRowsOfAllTablesAndCountAsTheyDo() throws IOException {
        Path file = directory.resolve("sluice.yaml");
        Files.writeString(
                file, Files.readString(file) + "checks: {sum: {target: SELECT 1}, count: {target: SELECT 2}}\n");
        engine.checks.add(new CheckResult("sum", CheckResult.Outcome.EQUAL, -1, 0, null));
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.FULL))).isZero();
        assertThat(engine.asked)
                .containsSubsequence(
                        "require [sum, count]",
                        "run FULL 100.0 fresh [public.orders, public.people]",
                        "check [sum, count] without [mail]");
        engine.checks.add(new CheckResult("count", CheckResult.Outcome.UNSETTLED, 3, 4, "moved"));
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.FULL))).isEqualTo(8);
        engine.checks.add(new CheckResult("more", CheckResult.Outcome.DIFFERENT, 3, 4, "one row"));
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.FULL))).isEqualTo(3);
        engine.asked.clear();
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.FULL, "orders"))).isZero();
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.COUNTS))).isZero();
        assertThat(engine.asked.toString())
                .as("of some tables, or of counts, they say nothing")
                .doesNotContain("check");
    }

    @Test
    void onlyWhatDifferedIsComparedAgainOnRequest() {
        engine.finds("orders", Verdict.MISSING, "[1]");
        assertThat(exitCode(ask(Ask.What.RECHECK, Mode.FULL, "orders"))).isEqualTo(3);
        assertThat(engine.asked).contains("recheck [public.orders]").doesNotContain("repair [public.orders]");
    }

    @Test
    void aMistakeOfACheckIsToldBeforeAnythingIsCompared() throws IOException {
        Path file = directory.resolve("sluice.yaml");
        Files.writeString(file, Files.readString(file) + "checks: {sum: {target: SELECT 1}}\n");
        engine.mistake = SluiceException.of(ErrorKind.CONFIGURATION, "check sum: nonsense");
        assertThatThrownBy(() -> exitCode(ask(Ask.What.COMPARE, Mode.FULL))).hasMessage("check sum: nonsense");
        assertThat(engine.asked).noneMatch(what -> what.startsWith("run"));
    }

    @Test
    void aCheckThatFailsInTheEndLosesNoReport() throws IOException {
        Path file = directory.resolve("sluice.yaml");
        Files.writeString(file, Files.readString(file) + "checks: {sum: {target: SELECT 1}}\n");
        engine.failure = SluiceException.of(ErrorKind.SOURCE, "the source is away");
        List<CheckResult> told = new ArrayList<>();
        int exitCode = run(ask(Ask.What.COMPARE, Mode.FULL)).run(this::view, report -> {
            told.addAll(report.result().checks());
            return report.exitCode();
        });
        assertThat(exitCode).isEqualTo(8);
        assertThat(told)
                .containsExactly(new CheckResult("sum", CheckResult.Outcome.UNSETTLED, -1, -1, "the source is away"));
    }

    @Test
    void checksOfAnEarlierComparisonAreNotShownAsThoseOfThisOne() throws IOException {
        engine.checks.add(new CheckResult("sum", CheckResult.Outcome.DIFFERENT, -1, 1, "long ago"));
        assertThat(exitCode(ask(Ask.What.RECHECK, Mode.FULL, "orders"))).isZero();
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.FULL))).isZero();
    }

    @Test
    void tablesAndChecksThatWereLeftOutAreNamed() throws IOException {
        Path file = directory.resolve("sluice.yaml");
        Files.writeString(file, Files.readString(file) + "checks: {sum: {target: SELECT 1}}\n");
        List<Coverage> told = new ArrayList<>();
        int exitCode = run(ask(Ask.What.COMPARE, Mode.FULL, "orders")).run(this::view, report -> {
            told.add(report.coverage());
            return report.exitCode();
        });
        assertThat(exitCode).isZero();
        assertThat(told).containsExactly(new Coverage(2, List.of(TableId.parse("people")), List.of("sum"), false));
    }

    @Test
    void besideAPipelineThatCannotBeReachedThereIsNoComparisonAtRest() throws SQLException {
        sql(
                "INSERT INTO sluice.instances VALUES ('shop', 'publisher', 'i', 'h', 1, 'infinity'), ('shop', 'sink', 'i', 'h', 1, 'infinity')");
        engine.finds("orders", Verdict.MISSING, "[1]");
        assertThatThrownBy(() -> exitCode(ask(Ask.What.COMPARE, Mode.FULL)))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("runs, but not with data directory")
                .hasMessageContaining("--data-dir");
        sql("DELETE FROM sluice.instances WHERE role = 'sink'");
        assertThatThrownBy(() -> exitCode(ask(Ask.What.COMPARE_AND_REPAIR, Mode.FULL)))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("runs [publisher], but no [sink]");
        assertThat(engine.asked).isEmpty();
    }

    @Test
    void whatDiffersWhileThePipelineStartsIsNotCertain() {
        engine.finds("orders", Verdict.MISSING, "[1]");
        engine.meanwhile = () -> {
            try {
                sql("INSERT INTO sluice.instances VALUES ('shop', 'sink', 'i', 'h', 1, 'infinity')");
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        };
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.FULL))).isEqualTo(8);
    }

    @Test
    void whatIsLeftLyingAboutLosesNoReport() throws SQLException {
        engine.meanwhile = () -> {
            try {
                sql("ALTER TABLE sluice.verifications RENAME COLUMN continuous TO something");
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        };
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.FULL))).isZero();
    }

    @Test
    void whoeverLosesTheLeaseGoesNoFurther() {
        engine.meanwhile = () -> {
            try {
                sql(
                        "UPDATE sluice.instances SET instance = 'another', pid = 1, host = 'elsewhere' WHERE role = 'verifier'");
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                // As by somebody who swallows it.
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        };
        assertThatThrownBy(() -> exitCode(ask(Ask.What.COMPARE, Mode.FULL)))
                .hasMessageContaining("the verifier of pipeline shop was taken over by");
    }

    @Test
    void aTableThatIsNewInTheFileIsNotCalledBeingRead() throws SQLException {
        sql("DELETE FROM sluice.tables WHERE table_name = 'public.people'");
        Cli.Result result = verify();
        assertThat(result.exitCode()).isEqualTo(8);
        assertThat(result.err()).contains("tables [public.people] are not part of the pipeline yet. sluice run");
    }

    @Test
    void aReportIsPrintedAlsoWhereAFileCannotBeWrittenAnyMore() throws IOException {
        Path gone = Files.createDirectory(directory.resolve("gone"));
        StringWriter out = new StringWriter();
        Ask plain = ask(Ask.What.COMPARE, Mode.FULL);
        Ask ask = new Ask(
                plain.tables(),
                plain.mode(),
                100,
                true,
                plain.what(),
                plain.settings(),
                false,
                false,
                Optional.of(gone.resolve("report.json")),
                Optional.of(directory.resolve("report.html")),
                false,
                false);
        Reports reports = new Reports(ask, new PrintWriter(out));
        reports.requireWritable();
        Files.delete(gone);
        assertThatThrownBy(() -> run(ask).run(this::view, reports::write))
                .hasMessageContaining("--json: ")
                .hasMessageContaining("cannot be written");
        assertThat(out.toString()).contains("every row is equal");
        assertThat(directory.resolve("report.html")).exists();
    }

    @Test
    void oneFileForTwoReportsIsRefused() {
        String file = directory.resolve("report").toString();
        Cli.Result result = verify("--json", file, "--html", file);
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.err()).contains("--json and --html name one file");
    }

    @Test
    void theLeaseIsGivenBackAlsoAfterAFailure() throws SQLException {
        engine.meanwhile = () -> {
            throw SluiceException.of(ErrorKind.SOURCE, "the source is away");
        };
        assertThatThrownBy(() -> exitCode(ask(Ask.What.COMPARE, Mode.FULL))).hasMessage("the source is away");
        engine.meanwhile = () -> {};
        assertThat(exitCode(ask(Ask.What.COMPARE, Mode.FULL))).isZero();
    }

    @Test
    void aDryRunListsWhatWouldBeReadAgainAndSendsNothing() throws SQLException {
        StringWriter out = new StringWriter();
        Ask list = ask(Ask.What.LIST_REPAIRS, Mode.FULL);
        assertThatThrownBy(() -> run(list).list(new PrintWriter(out)))
                .hasMessageContaining("nothing is known of the keys of [public.orders, public.people]");
        sql("INSERT INTO sluice.verifications (pipeline, mode, tables, state) VALUES ('shop', 'full', '{}', 'done')");
        sql("""
                INSERT INTO sluice.verified_tables (pipeline, verification, table_name, ordinal, phase)
                SELECT 'shop', id, t, 0, 'done' FROM sluice.verifications, unnest(ARRAY['public.orders', 'public.people']) t""");
        engine.finds("orders", Verdict.MISSING, "[1]");
        engine.finds("orders", Verdict.MISCONVERTED, "[2]");
        engine.finds("people", Verdict.EXTRA, "[3]");
        assertThat(run(list).list(new PrintWriter(out))).isEqualTo(3);
        assertThat(out.toString().lines())
                .containsExactly(
                        "public.orders, comparison 1",
                        "    missing [1]",
                        "public.people, comparison 1",
                        "    extra [3]",
                        "    (of an adopted table, extra rows that Sluice did not write stay)",
                        "2 keys would be read again from the source; nothing was sent");
        assertThat(engine.asked).allMatch(what -> what.startsWith("opened at rest"));
    }
}
