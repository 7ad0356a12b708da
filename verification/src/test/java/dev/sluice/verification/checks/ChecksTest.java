package dev.sluice.verification.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.CheckResult;
import dev.sluice.verification.CheckResult.Outcome;
import dev.sluice.verification.Passage;
import dev.sluice.verification.TargetSessions;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChecksTest {
    private static final List<TableId> LANES = List.of(new TableId("public", "t"), new TableId("public", "u"));

    private String url;
    private Connection connection;

    @BeforeEach
    void connect() throws SQLException {
        url = LocalPostgres.temporary().createDatabase();
        connection = DriverManager.getConnection(url);
        execute("CREATE TABLE t (id int PRIMARY KEY, name text)");
        execute("INSERT INTO t VALUES (1, 'one'), (2, NULL), (3, 'three')");
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
    }

    private void execute(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    private long number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Each transaction in a session of its own. */
    private final class Sessions implements TargetSessions {
        @Override
        public <T> T inTransaction(Work<T> work) {
            try (Connection lent = DriverManager.getConnection(url)) {
                lent.setAutoCommit(false);
                T result = work.run(lent);
                lent.commit();
                return result;
            } catch (SQLException e) {
                throw SluiceException.of(ErrorKind.TARGET, "the target failed: " + e.getMessage(), e);
            }
        }
    }

    private Checks checks(AskedSource source, Passage passage, CheckSettings settings) {
        return Checks.of(source, new Sessions(), passage, settings);
    }

    private CheckResult run(AskedSource source, String target) {
        return checks(source, AwaitedPassage.closed(), CheckSettings.DEFAULT)
                .run(new SqlCheck("joins", "source's", target, List.of("t.name")), LANES);
    }

    private CheckResult alone(String target) {
        return checks(AskedSource.silent(), AwaitedPassage.closed(), CheckSettings.DEFAULT)
                .run(new SqlCheck("joins", null, target, List.of()), LANES);
    }

    private static Object[] row(Object... values) {
        return values;
    }

    private static void assertFails(Runnable run, ErrorKind kind, String... message) {
        assertThatThrownBy(run::run)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageContainingAll(message);
    }

    @Test
    void theSameRowsInAnyOrderAreEqual() {
        AskedSource source = AskedSource.answering(row(3L, "three"), row(2L, null), row(1L, "one"));
        assertThat(run(source, "SELECT id, name FROM t"))
                .isEqualTo(new CheckResult("joins", Outcome.EQUAL, 3, 3, null));
        assertThat(source.asked).containsExactly("source's");
        assertThat(run(AskedSource.answering(), "SELECT id FROM t WHERE false;").outcome())
                .isEqualTo(Outcome.EQUAL);
    }

    @Test
    void howOftenARowIsThereCounts() {
        CheckResult result =
                run(AskedSource.answering(row(1L), row(1L), row(2L)), "SELECT * FROM (VALUES (1), (2), (2), (2)) v");
        assertThat(result.outcome()).isEqualTo(Outcome.DIFFERENT);
        assertThat(result.message()).isEqualTo("only the source has 1 row, only the target has 2 rows");
    }

    @Test
    void rowsAreShownOnlyWhenThatIsAskedFor() {
        AskedSource source = AskedSource.answering(row(1L, "secret"), row(2L, null), row(2L, null));
        SqlCheck check = new SqlCheck("joins", "q", "SELECT id, name FROM t WHERE id = 1", List.of());
        Checks quiet = checks(source, AwaitedPassage.closed(), CheckSettings.DEFAULT);
        assertThat(quiet.run(check, LANES).message())
                .isEqualTo("only the source has 3 rows, only the target has 1 row");
        Checks open = checks(source, AwaitedPassage.closed(), CheckSettings.DEFAULT.withShowValues(true));
        assertThat(open.run(check, LANES).message())
                .contains("(1, 'secret')", "(2, NULL) 2 times", "target: (1, 'one')");
    }

    @Test
    void columnsCalledAsAMaskedOneAreNotShownEvenThen() {
        AskedSource source = AskedSource.answering(row(1L, "secret"));
        SqlCheck check = new SqlCheck("joins", "q", "SELECT id, 'clear' AS \"Name\" FROM t WHERE id = 1", List.of());
        CheckSettings settings = CheckSettings.DEFAULT.withShowValues(true).withMasked(Set.of("name"));
        assertThat(checks(source, AwaitedPassage.closed(), settings)
                        .run(check, LANES)
                        .message())
                .contains("source: (1, ***)", "target: (1, ***)")
                .doesNotContain("secret", "clear");
        SqlCheck alone = new SqlCheck("alone", null, "SELECT name FROM t WHERE id = 1", List.of());
        assertThat(checks(source, AwaitedPassage.closed(), settings)
                        .run(alone, LANES)
                        .message())
                .endsWith(": (***)");
    }

    @Test
    void whatIsShownMovesNoCursorAndEndsNoLine() {
        CheckSettings settings = CheckSettings.DEFAULT.withShowValues(true);
        SqlCheck check = new SqlCheck("alone", null, "SELECT E'a\\n\\x1b[2J'", List.of());
        assertThat(checks(AskedSource.silent(), AwaitedPassage.closed(), settings)
                        .run(check, LANES)
                        .message())
                .endsWith("('a\\u000a\\u001b[2J')");
    }

    @Test
    void mistakesShowBeforeARowIsRead() {
        AskedSource source = AskedSource.answering(row(1L, "one"));
        Checks checks = checks(source, AwaitedPassage.closed(), CheckSettings.DEFAULT);
        checks.require(new SqlCheck("joins", "SELECT a, b FROM x; ", "SELECT 1 / (id - id), name FROM t", List.of()));
        checks.require(new SqlCheck("alone", null, "WITH a AS (SELECT 1) SELECT * FROM a", List.of()));
        assertThat(source.asked).containsExactly("SELECT * FROM (\nSELECT a, b FROM x\n) checked WHERE 1 = 0");
        assertFails(
                () -> checks.require(new SqlCheck("typo", null, "SELEC 1", List.of())),
                ErrorKind.CONFIGURATION,
                "check typo: the target cannot answer its query");
        assertFails(
                () -> checks.require(new SqlCheck("away", null, "SELECT nothing FROM t", List.of())),
                ErrorKind.CONFIGURATION,
                "check away: the target cannot answer its query");
        assertFails(
                () -> checks.require(new SqlCheck("width", "q", "SELECT id FROM t", List.of())),
                ErrorKind.CONFIGURATION,
                "check width: both queries are expected to give as many columns");
    }

    @Test
    void aCheckThatFailsIsUnsettledAndTheOthersAreRun() {
        execute(
                "CREATE SCHEMA sluice; CREATE TABLE sluice.verified_checks (pipeline text, verification bigint, name text, outcome text, source_rows bigint,"
                        + " target_rows bigint NOT NULL, message text, ended_at timestamptz DEFAULT now(), PRIMARY KEY (pipeline, verification, name))");
        List<CheckResult> results = checks(AskedSource.silent(), AwaitedPassage.closed(), CheckSettings.DEFAULT)
                .runAll(
                        "shop",
                        1,
                        List.of(
                                new SqlCheck("fails", null, "SELECT 1 / (id - id) FROM t", List.of()),
                                new SqlCheck("holds", null, "SELECT 1 FROM t WHERE false", List.of())),
                        LANES);
        assertThat(results).extracting(CheckResult::outcome).containsExactly(Outcome.UNSETTLED, Outcome.EQUAL);
        assertThat(results.get(0).message()).contains("check fails: the target cannot answer its query");
        assertThat(results.get(0).targetRows()).isEqualTo(-1);
    }

    @ParameterizedTest(name = "{0} is {1}: {2}")
    @CsvSource({
        "1, 1.00::numeric, true",
        "1, true, true",
        "0, false, true",
        "2, true, false",
        "0.1, 0.1::numeric, true",
        "0.1, 0.1::real, true",
        "0.1, 0.1::float8, true",
        "0.30000000000000004, 0.1::float8 + 0.2::float8, true",
        "2.0E-3, 0.002, true",
        "1e300, 1e300::float8, true",
        "1, '1'::text, false",
        "Infinity, 'Infinity'::float8, true",
        "Infinity, '-Infinity'::float8, false",
        "-0.0, 0, true",
        "100, 1e2, true"
    })
    void numbersAreEqualByValue(String stored, String target, boolean equal) {
        boolean integer = stored.matches("\\d+");
        Object value = integer ? (Object) Long.valueOf(stored) : Double.valueOf(stored);
        assertThat(run(AskedSource.answering(row(value)), "SELECT " + target).outcome())
                .isEqualTo(equal ? Outcome.EQUAL : Outcome.DIFFERENT);
        if (integer) {
            assertThat(run(AskedSource.answering(row(new BigDecimal(stored + ".0"))), "SELECT " + target)
                            .outcome())
                    .isEqualTo(equal ? Outcome.EQUAL : Outcome.DIFFERENT);
        }
    }

    @Test
    @ResourceLock(Resources.TIME_ZONE)
    void everythingElseIsComparedByItsBytesOrTheTextThatPostgresqlPrints() {
        TimeZone machine = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tbilisi"));
        try {
            AskedSource source = AskedSource.answering(row(
                    true,
                    new byte[] {0, -1},
                    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                    "2025-10-10 08:00:00+00",
                    "2025-10-10 08:00:00.5",
                    "ab",
                    "{\"a\": 1}",
                    "{1,2}",
                    "101",
                    "$1.50",
                    null));
            assertThat(run(
                            source,
                            "SELECT true, '\\x00ff'::bytea, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid,"
                                    + " '2025-10-10 12:00:00+04'::timestamptz, '2025-10-10 08:00:00.5'::timestamp,"
                                    + " 'ab'::character(5), '{\"a\":1}'::jsonb, ARRAY[1, 2], b'101',"
                                    + " replace('1.50'::money::text, '?', ''), NULL"))
                    .extracting(CheckResult::outcome)
                    .isEqualTo(Outcome.EQUAL);
        } finally {
            TimeZone.setDefault(machine);
        }
    }

    @Test
    void withoutAQueryForTheSourceTheTargetsGivesNoRows() {
        assertThat(alone("SELECT id FROM t WHERE id > 3"))
                .isEqualTo(new CheckResult("joins", Outcome.EQUAL, -1, 0, null));
        assertThat(alone("SELECT id FROM t"))
                .isEqualTo(new CheckResult(
                        "joins", Outcome.DIFFERENT, -1, 3, "no rows were expected, the target has 3 rows"));
    }

    @Test
    void operatorsAndSyntaxReachPostgresqlAsTheyAre() {
        assertThat(alone("SELECT 1 WHERE '{\"a\":1}'::jsonb ? 'b' -- ; {fn now()} :x")
                        .outcome())
                .isEqualTo(Outcome.EQUAL);
        assertThat(alone("WITH q AS (SELECT $$;$$ AS a) SELECT * FROM q WHERE a <> ';'")
                        .outcome())
                .isEqualTo(Outcome.EQUAL);
        assertThat(alone("SELECT 1 WHERE ';' = ' '  ;  ").outcome()).isEqualTo(Outcome.EQUAL);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "SELECT 1; DROP TABLE t",
                "SELECT 1 WHERE false; SELECT 2",
                "COMMIT; DROP TABLE t",
                "ROLLBACK; DROP TABLE t",
                "END; DROP TABLE t; BEGIN; SELECT 1",
                "COMMIT",
                "DROP TABLE t",
                "DELETE FROM t",
                "DELETE FROM t RETURNING id",
                "WITH d AS (DELETE FROM t RETURNING id) SELECT * FROM d",
                "INSERT INTO t VALUES (9, 'x') RETURNING id",
                "SELECT set_config('transaction_read_only', 'off', true) FROM (SELECT 1) x; DROP TABLE t",
                "SELECT set_config('transaction_read_only', 'off', true)",
                "SET TRANSACTION READ WRITE",
                "SELECT * FROM t FOR UPDATE",
                "SELECT nextval('s')",
                "SELECT drops()",
                "CALL ends()",
                "COPY t TO PROGRAM 'true'",
                "SELECT 1 INTO u",
                "CREATE TEMP TABLE u (id int)",
                "LISTEN x",
                "VACUUM t",
                "DO 'BEGIN DROP TABLE t; END'",
                "PREPARE p AS SELECT 1",
                "'; DROP TABLE t; --",
                "$open$; DROP TABLE t; $open$",
                "-- nothing",
                "SELEC 1",
                "SELECT missing FROM t",
                "SELECT 1 FROM missing",
                "SELECT $1",
                "SELECT name::int FROM t"
            })
    void whatIsNoSingleQueryThatReadsIsRefusedAndChangesNothing(String sql) throws SQLException {
        execute("CREATE SEQUENCE s");
        execute("CREATE FUNCTION drops() RETURNS int LANGUAGE plpgsql AS 'BEGIN DROP TABLE t; RETURN 1; END'");
        execute("CREATE PROCEDURE ends() LANGUAGE plpgsql AS 'BEGIN COMMIT; DROP TABLE t; END'");
        assertFails(() -> alone(sql), ErrorKind.CONFIGURATION, "check joins: the target cannot answer its query: ");
        assertThat(number("SELECT count(*) FROM t")).isEqualTo(3);
        assertThat(number("SELECT count(*) FROM pg_class WHERE relname = 'u'")).isZero();
    }

    @Test
    void postgresqlsOwnWordsSayWhatIsWrongUnlessTheyMayHoldValues() {
        assertFails(() -> alone("SELECT missing FROM t"), ErrorKind.CONFIGURATION, "column \"missing\" does not exist");
        assertThatThrownBy(() -> alone("SELECT name::int FROM t"))
                .hasMessageContaining("22P02")
                .hasMessageNotContaining("one\"")
                .hasNoCause();
    }

    @Test
    void rowsAndBytesAreBounded() {
        CheckSettings few = new CheckSettings(Duration.ofSeconds(60), 3, 1_000_000, false, Set.of());
        SqlCheck three = new SqlCheck("joins", null, "SELECT id FROM t", List.of());
        assertThat(checks(AskedSource.silent(), AwaitedPassage.closed(), few)
                        .run(three, LANES)
                        .targetRows())
                .isEqualTo(3);
        for (String sql :
                List.of("SELECT 1 FROM generate_series(1, 4)", "SELECT 1 FROM generate_series(1, 100000000)")) {
            SqlCheck many = new SqlCheck("joins", null, sql, List.of());
            assertFails(
                    () -> checks(AskedSource.silent(), AwaitedPassage.closed(), few)
                            .run(many, LANES),
                    ErrorKind.CONFIGURATION,
                    "check joins",
                    "more than 3 rows; aggregate them");
        }
        SqlCheck large =
                new SqlCheck("joins", null, "SELECT repeat('x', 400000) FROM generate_series(1, 3)", List.of());
        assertFails(
                () -> checks(AskedSource.silent(), AwaitedPassage.closed(), few).run(large, LANES),
                ErrorKind.CONFIGURATION,
                "more than 1000000 bytes");
        assertThat(alone("SELECT i FROM generate_series(1, 5000) i").targetRows())
                .isEqualTo(5_000);
    }

    @Test
    void aQueryThatNeverEndsIsEnded() {
        CheckSettings quick = new CheckSettings(Duration.ofMillis(200), 10, 1_000_000, false, Set.of());
        SqlCheck check = new SqlCheck("joins", null, "SELECT pg_sleep(600)", List.of());
        assertFails(
                () -> checks(AskedSource.silent(), AwaitedPassage.closed(), quick)
                        .run(check, LANES),
                ErrorKind.CONFIGURATION,
                "check joins",
                "more than 200 ms");
    }

    @Test
    void aTableThatTheRoleMayNotReadIsNoMistakeOfTheCheck() throws SQLException {
        execute("CREATE ROLE reader_of_" + number("SELECT oid FROM pg_database WHERE datname = current_database()"));
        String role = "reader_of_" + number("SELECT oid FROM pg_database WHERE datname = current_database()");
        TargetSessions asReader = new TargetSessions() {
            @Override
            public <T> T inTransaction(Work<T> work) {
                return new Sessions().inTransaction(lent -> {
                    try (Statement statement = lent.createStatement()) {
                        statement.execute("SET LOCAL ROLE " + role);
                    }
                    return work.run(lent);
                });
            }
        };
        Checks checks = Checks.of(AskedSource.silent(), asReader, AwaitedPassage.closed(), CheckSettings.DEFAULT);
        SqlCheck check = new SqlCheck("joins", null, "SELECT id FROM t WHERE id > 3", List.of());
        assertFails(() -> checks.run(check, LANES), ErrorKind.TARGET, "check joins", "permission denied for table t");
        execute("GRANT SELECT ON t TO " + role);
        assertThat(checks.run(check, LANES).outcome()).isEqualTo(Outcome.EQUAL);
        execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
        assertFails(() -> checks.run(check, LANES), ErrorKind.TARGET, "row-level security", "BYPASSRLS");
    }

    @Test
    void theNumberOfColumnsHasToAgree() {
        assertFails(
                () -> run(AskedSource.answering(row(1L, 2L)), "SELECT id FROM t"),
                ErrorKind.CONFIGURATION,
                "check joins",
                "the source's gives 2 [s0, s1], the target's 1 [id]");
    }

    @Test
    void aSourceThatAnswersNoSqlOrFindsAMistakeIsNamed() {
        assertFails(
                () -> run(AskedSource.silent(), "SELECT 1"), ErrorKind.CONFIGURATION, "check joins", "answers no SQL");
        Checks checks = checks(AskedSource.answering(), AwaitedPassage.closed(), CheckSettings.DEFAULT);
        assertFails(
                () -> checks.run(new SqlCheck("joins", "wrong", "SELECT 1", List.of()), LANES),
                ErrorKind.CONFIGURATION,
                "check joins: the source cannot answer the query: near wrong");
    }

    @Test
    void whatIsUnderWayIsWaitedForInEveryLane() {
        AskedSource source = AskedSource.answering(row(4L));
        AwaitedPassage passage =
                new AwaitedPassage(() -> execute("INSERT INTO t VALUES (4, 'x') ON CONFLICT DO NOTHING"));
        SqlCheck check = new SqlCheck("joins", "q", "SELECT count(*) FROM t", List.of());
        CheckResult result = checks(source, passage, CheckSettings.DEFAULT).run(check, LANES);
        assertThat(result).isEqualTo(new CheckResult("joins", Outcome.EQUAL, 1, 1, null));
        assertThat(passage.awaited).containsExactlyElementsOf(LANES);
    }

    @Test
    void itHoldsWhenTheTargetGivesWhatEitherReadingGave() {
        SqlCheck check = new SqlCheck("joins", "q", "SELECT count(*) FROM t", List.of());
        AskedSource later = AskedSource.answering(row(7L)).then(row(8L)).then(row(3L));
        assertThat(checks(later, new AwaitedPassage(() -> {}), CheckSettings.DEFAULT)
                        .run(check, LANES)
                        .outcome())
                .isEqualTo(Outcome.EQUAL);
        AskedSource before = AskedSource.answering(row(7L)).then(row(3L)).then(row(9L));
        assertThat(checks(before, new AwaitedPassage(() -> {}), CheckSettings.DEFAULT)
                        .run(check, LANES)
                        .outcome())
                .isEqualTo(Outcome.EQUAL);
    }

    @Test
    void aDifferenceWithAQuietSourceIsFinalAndOneWithAMovingSourceIsNot() {
        SqlCheck check = new SqlCheck("joins", "q", "SELECT count(*) FROM t", List.of());
        AwaitedPassage passage = new AwaitedPassage(() -> {});
        AskedSource quiet = AskedSource.answering(row(7L));
        CheckResult different = checks(quiet, passage, CheckSettings.DEFAULT).run(check, LANES);
        assertThat(different.outcome()).isEqualTo(Outcome.DIFFERENT);
        assertThat(different.message()).isEqualTo("only the source has 1 row, only the target has 1 row");
        assertThat(passage.awaited).hasSize(3 * LANES.size());
        assertThat(quiet.asked).hasSize(7);
        AskedSource moving = AskedSource.answering(row(10L));
        for (long i = 11; i < 20; i++) {
            moving.then(row(i));
        }
        CheckResult unsettled = checks(moving, passage, CheckSettings.DEFAULT).run(check, LANES);
        assertThat(unsettled.outcome()).isEqualTo(Outcome.UNSETTLED);
        assertThat(unsettled.message()).startsWith("the source moved");
    }

    @Test
    void rowsThatTheTargetHasOnlyForAMomentAreNoneOfACheckWithoutSource() {
        AtomicInteger waits = new AtomicInteger();
        AwaitedPassage passage = new AwaitedPassage(() -> {
            if (waits.incrementAndGet() == LANES.size() * 2) {
                execute("DELETE FROM t");
            }
        });
        SqlCheck check = new SqlCheck("joins", null, "SELECT id FROM t", List.of());
        assertThat(checks(AskedSource.silent(), passage, CheckSettings.DEFAULT)
                        .run(check, LANES)
                        .outcome())
                .isEqualTo(Outcome.EQUAL);
        assertThat(waits).hasValue(LANES.size() * 2);
    }

    @Test
    void aCheckNeedsANameAndQueries() {
        List<Runnable> none = new ArrayList<>();
        none.add(() -> new SqlCheck(" ", null, "SELECT 1", List.of()));
        none.add(() -> new SqlCheck("a", null, "", List.of()));
        none.add(() -> new SqlCheck("a", " ", "SELECT 1", List.of()));
        none.add(() -> new CheckSettings(Duration.ZERO, 1, 1, false, Set.of()));
        none.add(() -> new CheckSettings(Duration.ofSeconds(1), 0, 1, false, Set.of()));
        assertThat(none).allSatisfy(each -> assertThatThrownBy(each::run).isInstanceOf(IllegalArgumentException.class));
    }
}
