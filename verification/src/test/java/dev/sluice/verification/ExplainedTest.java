package dev.sluice.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a comparison keeps, of tables at rest. */
final class ExplainedTest {
    private static final Table TABLE = new Table(
            TableId.parse("t"),
            List.of(
                    new Column("id", LogicalType.INT32, "integer", false, false),
                    new Column("p", LogicalType.INT32, "integer", true, false),
                    new Column("v", LogicalType.TEXT, "text", true, false)),
            List.of("id"),
            List.of(),
            List.of(new ForeignKey("t_fkey", List.of("p"), TableId.parse("parents"), List.of("id"), false, false)));

    private final VerificationWorld world = new VerificationWorld();

    @BeforeEach
    void prepare() {
        world.execute("CREATE TABLE t (id integer PRIMARY KEY, p integer, v text)");
    }

    @AfterEach
    void disconnect() {
        world.close();
    }

    private static Object[] row(int id, Object p, String v) {
        return new Object[] {id, p, v};
    }

    private RowsSource source(Object[]... rows) {
        RowsSource source = new RowsSource().with(TABLE, rows);
        world.prepare(source.tables().toArray(CapturedTable[]::new));
        return source;
    }

    @Test
    void everyDeviationOfThePipelineHasItsOwnVerdict() {
        RowsSource source = source(
                        row(1, 9, "waits"),
                        row(2, 9, "nulled"),
                        row(3, 9, "new"),
                        row(5, 1, "dead"),
                        row(6, 1, "let go"),
                        row(8, 1, "missing"))
                .refusing(TABLE, "[7]")
                .refusing(TABLE, "[null]#ab");
        world.execute(
                "INSERT INTO t VALUES (2, NULL, 'nulled', 1), (3, 1, 'old', 1), (4, 1, 'held', 1), (7, 1, 'older', 1)",
                "INSERT INTO sluice.waiting (pipeline, lane, table_name, key, kind, sequence, origin, nulled) VALUES"
                        + " ('demo', 'main', 'public.t', '[1]', 'wait', 1, 1, false), ('demo', 'main', 'public.t', '[2]', 'wait', 1, 1, true),"
                        + " ('demo', 'main', 'public.t', '[3]', 'stale', 1, 1, false), ('demo', 'main', 'public.t', '[4]', 'hold', 1, 1, false),"
                        + " ('demo', 'main', 'public.u', '[8]', 'wait', 1, 1, false)",
                "INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, reason, message, state) VALUES"
                        + " ('demo', 'main', 'public.t', '[5]', 9, 'c', 'x', 'y', 'superseded'), ('demo', 'main', 'public.t', '[5]', 10, 'c', 'x', 'y', 'open'),"
                        + " ('demo', 'main', 'public.t', '[6]', 9, 'c', 'x', 'y', 'discarded'), ('demo', 'main', 'public.t', '[7]', 9, 'c', 'x', 'y', 'open'),"
                        + " ('demo', 'main', 'public.t', '[null]#ab', 9, 'c', 'x', 'y', 'open'), ('demo', 'main', 'public.t', '[8]', 9, 'c', 'x', 'y', 'superseded')");

        TableResult result =
                world.atRest(source, VerificationWorld.SMALL).tables().get(0);

        assertThat(world.verdicts(result))
                .isEqualTo("waiting [1]; waiting [2] [p]; stale [3] [p, v]; held [4]; dead-letter [5]; discarded [6];"
                        + " dead-letter [7]; missing [8]; dead-letter [null]#ab");
        assertThat(result.sourceRows()).isEqualTo(8);
        assertThat(result.targetRows()).isEqualTo(4);
        assertThat(result.compared()).isEqualTo(9);
        assertThat(result.matched()).isZero();
        assertThat(result.count(Verdict.Kind.UNEQUAL)).isEqualTo(1);
    }

    @Test
    void valuesAreKeptOnlyWhenTheyWereAskedForAndNeverOfMaskedColumns() {
        RowsSource source = source(row(1, 5, "secret"));
        world.execute("INSERT INTO t VALUES (1, 6, 'other', 1)");
        world.tasks().replaceAll(task -> new TableTask(task.captured(), "main", true, false, Set.of("v")));

        TableResult hidden =
                world.atRest(source, VerificationWorld.SMALL).tables().get(0);
        assertThat(world.differences(hidden))
                .containsExactly(new Difference(Verdict.DIFFERENT, "[1]", List.of("p", "v"), List.of(), List.of()));
        TableResult shown = world.atRest(source, VerificationWorld.settings(10, true))
                .tables()
                .get(0);
        assertThat(world.differences(shown))
                .containsExactly(new Difference(
                        Verdict.DIFFERENT, "[1]", List.of("p", "v"), List.of("5", "***"), List.of("6", "***")));
    }

    @Test
    void keysThatNoIndexCouldHoldAreKeptAndFoundAgain() {
        String one = "k".repeat(2_000) + "1";
        String other = "k".repeat(2_000) + "2";
        Table table = new Table(
                TableId.parse("long_keys"),
                List.of(
                        new Column("k", LogicalType.TEXT, "text", false, false),
                        new Column("v", LogicalType.TEXT, "text", true, false)),
                List.of("k"),
                List.of(),
                List.of());
        world.execute(
                "CREATE TABLE long_keys (k text PRIMARY KEY, v text)",
                "INSERT INTO long_keys VALUES ('" + one + "', 'x')");
        RowsSource source = new RowsSource().with(table, new Object[] {one, "v"}, new Object[] {other, "w"});
        world.prepare(source.tables().toArray(CapturedTable[]::new));
        world.execute(
                "INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, reason, message) VALUES"
                        + " ('demo', 'main', 'public.long_keys', '" + KeyText.stored("[\"" + other + "\"]")
                        + "', 9, 'c', 'x', 'y')");

        TableResult result =
                world.atRest(source, VerificationWorld.SMALL).tables().get(0);

        assertThat(world.differences(result))
                .extracting(Difference::verdict)
                .containsExactlyInAnyOrder(Verdict.DIFFERENT, Verdict.DEAD_LETTER);
    }

    @Test
    void aSampleTakesTheSameKeysOnBothSides() {
        RowsSource source =
                source(IntStream.range(0, 4_000).mapToObj(i -> row(i, 1, "v")).toArray(Object[][]::new));
        world.execute(
                "INSERT INTO t SELECT i, 1, CASE WHEN i % 10 = 0 THEN 'w' ELSE 'v' END, 1 FROM generate_series(0, 4499) i WHERE i % 10 <> 1");
        Verification verification =
                world.verification(source, VerificationWorld.AT_REST, VerificationWorld.settings(100, false));

        Result all = verification.run(Mode.FULL, 100, world.tasks(), true, VerificationWorld.SILENT);
        Result sample = verification.run(Mode.SAMPLE, 20, world.tasks(), true, VerificationWorld.SILENT);

        TableResult table = sample.tables().get(0);
        assertThat(table.compared()).isBetween(700L, 1_100L);
        assertThat(sample.samplePercent()).isEqualTo(20);
        assertThat(table.count(Verdict.DIFFERENT)).isBetween(40L, 120L);
        assertThat(table.count(Verdict.MISSING)).isBetween(40L, 120L);
        assertThat(table.count(Verdict.EXTRA)).isBetween(40L, 150L);
        assertThat(world.differences(all.tables().get(0))).containsAll(world.differences(table));
        assertThat(all.tables().get(0).count(Verdict.EXTRA)).isEqualTo(450);
    }

    @Test
    void countsSayHowManyRowsThereAreAndNothingMore() {
        RowsSource source = source(row(1, 5, "a"), row(2, 5, "b"), row(3, 5, "c"));
        world.execute("INSERT INTO t VALUES (1, 6, 'x', 1), (2, 6, 'y', 1), (7, 6, 'z', 1)");
        Verification verification = world.verification(source, VerificationWorld.AT_REST, VerificationWorld.SMALL);

        Result same = verification.run(Mode.COUNTS, 100, world.tasks(), true, VerificationWorld.SILENT);
        assertThat(same.equal()).isTrue();
        world.execute("DELETE FROM t WHERE id = 7");
        Result fewer = verification.run(Mode.COUNTS, 100, world.tasks(), true, VerificationWorld.SILENT);

        assertThat(fewer.equal()).isFalse();
        assertThat(fewer.differs()).isTrue();
        assertThat(fewer.tables().get(0).sourceRows()).isEqualTo(3);
        assertThat(fewer.tables().get(0).targetRows()).isEqualTo(2);
        assertThatThrownBy(() -> verification.recheck(world.tasks(), VerificationWorld.SILENT))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("never compared");
    }

    @Test
    void keysThatTheServerLostInACrashAreComparedAnew() {
        List<Object[]> rows = new ArrayList<>();
        IntStream.range(0, 100).forEach(i -> rows.add(row(i, 1, "v")));
        RowsSource source = source(rows.toArray(Object[][]::new));
        world.execute("INSERT INTO t SELECT i, 1, 'v', 1 FROM generate_series(0, 99) i");
        world.execute("INSERT INTO t VALUES (200, 1, 'extra', 1)");
        RowsSource[] failing = {source.failingAfter(5)};
        Verification stopped =
                world.verification(failing[0], VerificationWorld.AT_REST, VerificationWorld.settings(10, false));
        assertThatThrownBy(() -> stopped.run(Mode.FULL, 100, world.tasks(), true, VerificationWorld.SILENT))
                .hasMessage("the source fails");
        assertThat(world.rows("SELECT noted FROM sluice.verified_tables")).containsExactly("50");
        world.execute("TRUNCATE " + Ledger.keys(1, 1));

        TableResult result = world.verification(
                        source.failingAfter(1_000), VerificationWorld.AT_REST, VerificationWorld.settings(10, false))
                .run(Mode.FULL, 100, world.tasks(), false, VerificationWorld.SILENT)
                .tables()
                .get(0);

        assertThat(world.verdicts(result)).isEqualTo("extra [200]");
        assertThat(result.matched()).isEqualTo(100);
        assertThat(result.verification()).isEqualTo(1);
    }

    @Test
    void stepsThatTheServerForgetsInACrashAreDoneAgain() {
        List<Object[]> rows = new ArrayList<>();
        IntStream.range(0, 200).forEach(i -> rows.add(row(i, 1, "v")));
        RowsSource source = source(rows.toArray(Object[][]::new));
        world.execute(
                "INSERT INTO t SELECT i, 1, 'v', 1 FROM generate_series(0, 199) i WHERE i NOT IN (40, 55, 120)",
                "INSERT INTO t VALUES (300, 1, 'extra', 1)");
        int[] chunks = {0};
        source.beforeChunk(() -> {
            chunks[0]++;
            if (chunks[0] == 5) {
                world.execute("CREATE TABLE before AS SELECT * FROM sluice.verified_tables");
            } else if (chunks[0] == 8) {
                // As after a crash: the newest commits are gone, and so is everything that is not logged.
                world.execute(String.join(
                        "; ",
                        "DELETE FROM sluice.verified_tables",
                        "INSERT INTO sluice.verified_tables SELECT * FROM before",
                        "DELETE FROM sluice.verification",
                        "TRUNCATE " + Ledger.keys(1, 1)));
            }
        });

        TableResult result = world.atRest(source, VerificationWorld.settings(16, false))
                .tables()
                .get(0);

        assertThat(chunks[0]).isGreaterThan(15);
        assertThat(world.verdicts(result)).isEqualTo("missing [120]; extra [300]; missing [40]; missing [55]");
        assertThat(result.matched()).isEqualTo(197);
        assertThat(result.compared()).isEqualTo(201);
        assertThat(result.sourceRows()).isEqualTo(200);
        assertThat(result.targetRows()).isEqualTo(198);
    }

    @Test
    void aComparisonThatWasBegunUnderOtherRulesIsNotGoneOnWith() {
        List<Object[]> rows = new ArrayList<>();
        IntStream.range(0, 100).forEach(i -> rows.add(row(i, 1, "v")));
        RowsSource source = source(rows.toArray(Object[][]::new));
        world.execute("INSERT INTO t SELECT i, 1, 'v', 1 FROM generate_series(0, 99) i");
        Verification verification = world.verification(
                source.failingAfter(4), VerificationWorld.AT_REST, VerificationWorld.settings(16, false));
        assertThatThrownBy(() -> verification.run(Mode.FULL, 100, world.tasks(), true, VerificationWorld.SILENT))
                .hasMessage("the source fails");
        source.failingAfter(1_000);
        ValueRules truncates = ValueRules.DEFAULT.with(ValueRules.OnTooLong.TRUNCATE);
        world.tasks().replaceAll(task -> task.with(task.captured().with(java.util.Map.of("v", truncates))));

        Result other = verification.run(Mode.FULL, 100, world.tasks(), false, VerificationWorld.SILENT);

        assertThat(other.id()).isEqualTo(2);
        assertThat(other.equal()).isTrue();
        assertThat(world.rows("SELECT id || ' ' || state FROM sluice.verifications ORDER BY id"))
                .containsExactly("1 abandoned", "2 done");
    }

    @Test
    void columnsThatRulesChangedAreNamedUnlessACheckStandsForThem() {
        RowsSource source = source(row(1, 1, "v"));
        world.execute(
                "INSERT INTO t VALUES (1, 1, 'v', 1)",
                "INSERT INTO sluice.transformed (pipeline, table_name, column_name, rule, count) VALUES ('demo', 'public.t', 'v', 'truncate', 3),"
                        + " ('demo', 'public.t', 'p', 'epoch', 3), ('demo', 'public.u', 'p', 'truncate', 3)");
        assertThat(world.atRest(source, VerificationWorld.SMALL).tables().get(0).note())
                .startsWith("rules have changed values of v:");
        world.tasks().replaceAll(task -> new TableTask(task.captured(), "main", true, false, Set.of(), Set.of("v")));
        assertThat(world.atRest(source, VerificationWorld.SMALL).tables().get(0).note())
                .isNull();
    }

    @Test
    void aKeyThatComesByTwiceCountsOnceWhicheverChunkItIsIn() {
        RowsSource source = source(row(1, 1, "v"), row(2, 1, "v"), row(3, 1, "v"), row(1, 1, "v"));
        world.execute("INSERT INTO t SELECT i, 1, 'v', 1 FROM generate_series(1, 3) i");

        TableResult result =
                world.atRest(source, VerificationWorld.SMALL).tables().get(0);

        assertThat(world.verdicts(result)).isEqualTo("colliding [1]");
        assertThat(result.compared()).isEqualTo(3);
        assertThat(result.matched()).isEqualTo(2);
        assertThat(result.sourceRows()).isEqualTo(4);
        assertThat(result.targetRows()).isEqualTo(3);
    }

    @Test
    void aTransactionWhoseCommitIsReportedAsFailedCountsOnce() {
        List<Object[]> rows = new ArrayList<>();
        IntStream.range(0, 60).forEach(i -> rows.add(row(i, 1, "v")));
        RowsSource source = source(rows.toArray(Object[][]::new));
        world.execute(
                "INSERT INTO t SELECT i, 1, 'v', 1 FROM generate_series(3, 59) i",
                "INSERT INTO t VALUES (200, 1, 'extra', 1)");
        TargetSessions twice = new TargetSessions() {
            @Override
            public <T> T inTransaction(Work<T> work) {
                return world.sessions.inTransaction(first -> {
                    world.database.transactOnce(work::run);
                    return world.database.transactOnce(work::run);
                });
            }
        };

        TableResult result = Verification.of(
                        VerificationWorld.PIPELINE,
                        () -> source,
                        twice,
                        VerificationWorld.AT_REST,
                        VerificationWorld.settings(7, false),
                        java.time.InstantSource.system())
                .run(Mode.FULL, 100, world.tasks(), true, VerificationWorld.SILENT)
                .tables()
                .get(0);

        assertThat(world.verdicts(result)).isEqualTo("missing [0]; missing [1]; extra [200]; missing [2]");
        assertThat(result.matched()).isEqualTo(57);
        assertThat(result.compared()).isEqualTo(61);
        assertThat(result.sourceRows()).isEqualTo(60);
    }
}
