package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** NULL that becomes a default, and values that rules changed on their way: what is written, and what is counted. */
class ValueRuleTest {
    private static final String COUNTS =
            "SELECT column_name || ' ' || rule || ' ' || count FROM sluice.transformed ORDER BY table_name, column_name, rule";

    private final TestLane lane = TestLane.with();

    @AfterEach
    void close() {
        lane.close();
    }

    private SinkSettings defaulting(String table, String... columns) {
        return lane.settings().with(Map.of(TableId.parse("public." + table), Set.of(columns)));
    }

    private SinkSettings defaultingAll(String table) {
        return defaulting(
                table, lane.table(table).columns().stream().map(c -> c.name()).toArray(String[]::new));
    }

    private TestLane.Draft marked(String table, List<Transformed> marks, @Nullable Object... row) {
        return (source, transaction) ->
                new Change(lane.table(table), Op.UPDATE, null, row, Set.of(), source, transaction, 0, marks);
    }

    @Test
    void nullBecomesTheDefaultThatPostgresEvaluates() {
        lane.sql("CREATE SEQUENCE numbers START 100");
        lane.sql("CREATE DOMAIN level AS integer DEFAULT 3 NOT NULL");
        lane.sql("""
                CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL DEFAULT 'it''s ?', b smallint NOT NULL DEFAULT 5, c char(4) NOT NULL DEFAULT 'x',
                  d numeric(5,2) NOT NULL DEFAULT 1, e date NOT NULL DEFAULT now(), f time NOT NULL DEFAULT '12:00', g jsonb NOT NULL DEFAULT '{"a": 1}',
                  h integer[] NOT NULL DEFAULT '{1}', i bigint NOT NULL DEFAULT nextval('numbers'), j boolean NOT NULL DEFAULT ('{"a": 1}'::jsonb ? 'a'),
                  k level, l uuid NOT NULL DEFAULT gen_random_uuid(), m timestamptz NOT NULL DEFAULT 'infinity', n varchar(3) NOT NULL DEFAULT upper('abc'),
                  o real NOT NULL DEFAULT 0.5, p bytea NOT NULL DEFAULT '\\x01')""");
        lane.capture("t");
        @Nullable Object[] row = new @Nullable Object[lane.table("t").columns().size()];
        row[0] = 1;
        lane.transaction(lane.create("t", row));
        lane.applyAll(defaultingAll("t"));
        assertThat(lane.rows("SELECT reason || message FROM sluice.dead_letters"))
                .isEmpty();
        assertThat(lane.one("SELECT a, b, c, d, e = current_date, f, g, h, i, j, k, l IS NOT NULL, m, n, o, p FROM t"))
                .isEqualTo("it's ?|5|x   |1.00|t|12:00:00|{\"a\": 1}|{1}|100|t|3|t|infinity|ABC|0.5|\\x01");
        assertThat(lane.rows(COUNTS))
                .isEqualTo(Arrays.stream("abcdefghijklmnop".split(""))
                        .map(column -> column + " default 1")
                        .collect(Collectors.toList()));
    }

    @Test
    void valuesThatAreThereAreLeftAloneAndOtherColumnsKeepTheirNull() {
        lane.sql(
                "CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL DEFAULT 'x', b text DEFAULT 'y', c text NOT NULL)");
        lane.capture("t");
        lane.transaction(lane.create("t", 1, "a", null, "c"), lane.create("t", 2, null, null, "c"));
        lane.transaction(lane.create("t", 3, null, null, null));
        lane.transaction(lane.update("t", 1, null, "b", "d"), lane.partial("t", Set.of("b", "c"), 2, null, null, null));
        lane.applyAll(defaultingAll("t"));
        assertThat(lane.rows("SELECT id, a, b, c FROM t ORDER BY id")).containsExactly("1|x|b|d", "2|x|null|c");
        assertThat(lane.rows("SELECT key, reason, column_name FROM sluice.dead_letters"))
                .containsExactly("[3]|not-null|c");
        assertThat(lane.rows(COUNTS)).containsExactly("a default 3");
        PipelineStatus status = PipelineStatus.read(lane.database, lane.pipeline);
        assertThat(status.tables())
                .extracting(PipelineStatus.TableStatus::transformed)
                .containsExactly(3L);
    }

    @Test
    void aPartOfARowIsNotTransformedForTheColumnsThatItLeavesOut() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL DEFAULT 'x', b text NOT NULL DEFAULT 'y')");
        lane.capture("t");
        lane.transaction(lane.create("t", 1, "a", "b"));
        lane.transaction(lane.partial("t", Set.of("a"), 1, null, "c"), lane.partial("t", Set.of("b"), 1, null, null));
        lane.applyAll(defaultingAll("t"));
        assertThat(lane.rows("SELECT id, a, b FROM t")).containsExactly("1|x|c");
        assertThat(lane.rows(COUNTS)).containsExactly("a default 1");
        assertThat(lane.one("SELECT live_upserts, live_transformed FROM sluice.tables"))
                .isEqualTo("3|1");
    }

    @Test
    void whereTheRuleIsRejectNullIsRefused() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL DEFAULT 'x', b text NOT NULL DEFAULT 'y')");
        lane.capture("t");
        lane.transaction(lane.create("t", 1, null, "b"), lane.create("t", 2, "a", null));
        lane.applyAll(defaulting("t", "b"));
        assertThat(lane.rows("SELECT t.id, a, b FROM t")).containsExactly("2|a|y");
        assertThat(lane.rows("SELECT key, reason FROM sluice.dead_letters")).containsExactly("[1]|not-null");
        assertThat(lane.rows(COUNTS)).containsExactly("b default 1");
    }

    @Test
    void keysForeignKeysAndIdentitiesNeverTakeADefault() {
        lane.sql("CREATE TABLE p (id integer PRIMARY KEY DEFAULT 7)");
        lane.sql(
                "CREATE TABLE t (id integer PRIMARY KEY DEFAULT 1, p integer NOT NULL DEFAULT 7 REFERENCES p, i integer GENERATED ALWAYS AS IDENTITY)");
        lane.capture("p", "t");
        lane.transaction(lane.create("p", 7), lane.create("t", 1, null, 1), lane.create("t", 2, 7, null));
        lane.applyAll(defaultingAll("t"));
        assertThat(lane.rows("SELECT id FROM t")).isEmpty();
        assertThat(lane.rows("SELECT key, column_name FROM sluice.dead_letters ORDER BY key"))
                .containsExactly("[1]|p", "[2]|i");
        assertThat(lane.rows(COUNTS)).isEmpty();
    }

    @Test
    void whatRulesChangedOnTheWayIsCountedWhenItIsAppliedAndOnlyThen() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, a varchar(3), n integer CHECK (n > 0))");
        lane.capture("t");
        List<Transformed> both = List.of(new Transformed("truncate", "a"), new Transformed("clamp", "n"));
        lane.transaction(marked("t", both, 1, "abc", 5), marked("t", both, 2, "abc", -5));
        lane.append(Outcome.WAIT, true, false, false, "a parent", marked("t", both, 3, "abc", 5));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM t")).containsExactly("1");
        assertThat(lane.rows(COUNTS)).containsExactly("a truncate 1", "n clamp 1");

        lane.transaction(marked("t", List.of(new Transformed("remove", "a")), 1, "a", 5));
        lane.release(3, Outcome.APPLY, true, marked("t", both, 3, "abc", 5));
        lane.applyAll();
        assertThat(lane.rows(COUNTS)).containsExactly("a remove 1", "a truncate 2", "n clamp 2");
        lane.applyAll();
        assertThat(lane.rows(COUNTS)).as("nothing new, nothing more").hasSize(3).contains("n clamp 2");
    }
}
