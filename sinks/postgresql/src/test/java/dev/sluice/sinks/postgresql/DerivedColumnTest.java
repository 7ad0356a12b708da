package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Columns that PostgreSQL computes from the row's others: on every way by which rows are written. */
class DerivedColumnTest {
    private final TestLane lane = TestLane.with();

    @AfterEach
    void close() {
        lane.close();
    }

    private SinkSettings deriving(String table, Map<String, String> expressions) {
        return lane.settings().withExpressions(Map.of(TableId.parse("public." + table), expressions));
    }

    private void noLetters() {
        assertThat(lane.rows("SELECT key, reason, message FROM sluice.dead_letters WHERE state = 'open'"))
                .isEmpty();
    }

    @Test
    void theyFollowTheirRowOnItsWholeWay() {
        lane.sql("""
                CREATE TABLE items (id bigint PRIMARY KEY, name text, note text, slug text, tenant text NOT NULL, search tsvector)""");
        lane.captureColumns("items", "id", "name", "note");
        SinkSettings settings = deriving(
                "items",
                Map.of(
                        "slug", "lower(replace(name, ' ', '-')) -- of the name",
                        "tenant", "'ward'",
                        "search", "to_tsvector('simple', items.name || ' ' || coalesce(note, ''))"));
        lane.transaction(lane.create("items", 1L, "Big Box", null), lane.create("items", 2L, null, "n"));
        lane.applyAll(settings);
        assertThat(lane.rows("SELECT id, slug, tenant, search FROM items ORDER BY id"))
                .containsExactly("1|big-box|ward|'big':1 'box':2", "2|null|ward|null");
        lane.transaction(lane.update("items", 1L, "Small Box", "x"), lane.delete("items", 2L));
        lane.applyAll(settings);
        assertThat(lane.rows("SELECT id, slug, search, _sluice_seq FROM items"))
                .containsExactly("1|small-box|'box':2 'small':1 'x':3|3");
        noLetters();
    }

    @Test
    void aPartOfARowIsComputedFromTheWholeRow() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, a text, b text, both_ text, constant integer)");
        lane.captureColumns("t", "id", "a", "b");
        SinkSettings settings = deriving("t", Map.of("both_", "a || '+' || b", "constant", "5"));
        lane.transaction(lane.create("t", 1, "a", "b"));
        lane.applyAll(settings);
        lane.transaction(lane.partial("t", Set.of("b"), 1, "new", null));
        lane.applyAll(settings);
        assertThat(lane.one("SELECT a, b, both_, constant FROM t")).isEqualTo("new|b|new+b|5");
        lane.transaction(
                lane.partial("t", Set.of("a"), 1, null, "c"), lane.partial("t", Set.of("a", "b"), 1, null, null));
        lane.applyAll(settings);
        assertThat(lane.one("SELECT both_ FROM t")).isEqualTo("new+c");
        noLetters();
    }

    @Test
    void namesAreTakenExactlyAndNothingElseIsSeen() {
        lane.sql("""
                CREATE TABLE "My Table" ("Id" integer PRIMARY KEY, "s" text, "c0" text, "u" text, "k1" text, "t" text, "Q?" jsonb, "Out""er" text, "has" boolean,
                  "row" jsonb, hidden text DEFAULT 'h')""");
        lane.captureColumns("My Table", "Id", "s", "c0", "u", "k1", "t", "Q?");
        SinkSettings settings = deriving(
                "My Table",
                Map.of(
                        "Out\"er", "s || c0 || u || k1 || t || \"My Table\".s || $$?$$ || '?' /* ? */",
                        "has", "\"Q?\" ? 'a'",
                        "row", "to_jsonb(\"My Table\") - 'Q?'"));
        lane.transaction(lane.create("My Table", 1, "s", "c", "u", "k", "t", "{\"a\": 1}"));
        lane.applyAll(settings);
        lane.transaction(lane.partial("My Table", Set.of("c0", "Q?"), 1, "S", null, "u", "k", "t", null));
        lane.applyAll(settings);
        assertThat(lane.one("SELECT \"Out\"\"er\", has, \"row\" FROM \"My Table\""))
                .isEqualTo(
                        "ScuktS??|t|{\"s\": \"S\", \"t\": \"t\", \"u\": \"u\", \"Id\": 1, \"c0\": \"c\", \"k1\": \"k\"}");
        noLetters();
    }

    @Test
    void aRowThatCannotBeComputedIsADeadLetterAndTheOthersAreWritten() {
        lane.sql("""
                CREATE FUNCTION strict_name(text) RETURNS text LANGUAGE plpgsql AS $$
                BEGIN IF $1 = 'bad' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'P0042'; END IF; RETURN $1; END $$""");
        lane.sql(
                "CREATE TABLE t (id integer PRIMARY KEY, n integer, s text, per integer, short varchar(3), checked text NOT NULL)");
        lane.captureColumns("t", "id", "n", "s");
        SinkSettings settings = deriving("t", Map.of("per", "100 / n", "short", "s", "checked", "strict_name(s)"));
        lane.transaction(
                lane.create("t", 1, 5, "abc"),
                lane.create("t", 2, 0, "abc"),
                lane.create("t", 3, 5, "abcd"),
                lane.create("t", 4, 5, "bad"),
                lane.create("t", 5, 5, null),
                lane.create("t", 6, 10, "x"));
        lane.applyAll(settings);
        assertThat(lane.rows("SELECT id, per, short, checked FROM t ORDER BY id"))
                .containsExactly("1|20|abc|abc", "6|10|x|x");
        assertThat(lane.rows("SELECT key, reason FROM sluice.dead_letters ORDER BY key"))
                .containsExactly("[2]|division-by-zero", "[3]|too-long", "[4]|raised", "[5]|not-null");
        lane.transaction(lane.update("t", 2, 4, "abc"));
        lane.applyAll(settings);
        assertThat(lane.rows("SELECT per FROM t WHERE id = 2")).containsExactly("25");
    }

    @Test
    void valuesAreThoseThatAreStoredAndDefaultsAreEvaluatedOnce() {
        lane.sql("CREATE SEQUENCE numbers");
        lane.sql("CREATE DOMAIN short AS varchar(4)");
        lane.sql("CREATE TYPE mood AS ENUM ('good', 'bad')");
        lane.sql("""
                CREATE TABLE t (id integer PRIMARY KEY, n bigint NOT NULL DEFAULT nextval('numbers'), c char(4), d short, at timestamptz, twice bigint,
                  padded text, day date, m mood, j jsonb, u uuid, size smallint)""");
        lane.captureColumns("t", "id", "n", "c", "d", "at");
        SinkSettings settings = deriving(
                        "t",
                        Map.of(
                                "twice", "n * 2",
                                "padded", "to_json(c)::text || d",
                                "day", "at",
                                "m", "'good'",
                                "j", "'{\"a\": 1}'",
                                "u", "md5(d)",
                                "size", "length(d)::text"))
                .with(Map.of(TableId.parse("public.t"), Set.of("n")));
        lane.transaction(lane.create("t", 1, null, "x", "dd", 0L), lane.create("t", 2, 7L, "y", "e", 0L));
        lane.applyAll(settings);
        noLetters();
        assertThat(lane.rows("SELECT n, twice, padded, day, m, j, size FROM t ORDER BY id"))
                .containsExactly(
                        "1|2|\"x   \"dd|1970-01-01|good|{\"a\": 1}|2", "7|14|\"y   \"e|1970-01-01|good|{\"a\": 1}|1");
        lane.transaction(lane.partial("t", Set.of("c", "d", "at"), 2, null, null, null, null));
        lane.applyAll(settings);
        assertThat(lane.one("SELECT n, twice, padded FROM t WHERE id = 2")).isEqualTo("2|4|\"y   \"e");
        assertThat(lane.one("SELECT last_value FROM numbers")).isEqualTo("2");
    }

    @Test
    void rowsThatExchangeUniqueComputedValuesAreWritten() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, name text, hidden text DEFAULT 'h', slug text UNIQUE)");
        lane.captureColumns("t", "id", "name");
        SinkSettings settings = deriving("t", Map.of("slug", "lower(name)"));
        lane.transaction(lane.create("t", 1, "A"), lane.create("t", 2, "B"));
        lane.applyAll(settings);
        lane.sql("UPDATE t SET hidden = 'kept'");
        lane.transaction(lane.update("t", 1, "B"), lane.update("t", 2, "A"));
        lane.transaction(lane.update("t", 1, "A"), lane.update("t", 2, "B"));
        lane.transaction(lane.update("t", 1, "B"), lane.update("t", 2, "A"));
        lane.applyAll(settings);
        noLetters();
        assertThat(lane.rows("SELECT id, name, slug, hidden FROM t ORDER BY id"))
                .containsExactly("1|B|b|kept", "2|A|a|kept");
    }

    @Test
    void rowsThatOthersFollowExchangeUniqueComputedValuesToo() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, name text, slug text UNIQUE)");
        lane.sql("CREATE TABLE c (id integer PRIMARY KEY, t integer REFERENCES t ON DELETE CASCADE)");
        lane.captureColumns("t", "id", "name");
        SinkSettings settings = deriving("t", Map.of("slug", "lower(name)"));
        lane.transaction(lane.create("t", 1, "A"), lane.create("t", 2, "B"));
        lane.applyAll(settings);
        lane.sql("INSERT INTO c VALUES (1, 1), (2, 2)");
        lane.transaction(lane.update("t", 1, "B"), lane.partial("t", Set.of(), 2, "A"));
        lane.applyAll(settings);
        noLetters();
        assertThat(lane.rows("SELECT id, slug FROM t ORDER BY id")).containsExactly("1|b", "2|a");
        assertThat(lane.rows("SELECT id FROM c ORDER BY id")).containsExactly("1", "2");
    }

    @Test
    void rowsInACircleOfReferencesAreComputedWithTheirReferences() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, parent integer REFERENCES t, path text)");
        lane.captureColumns("t", "id", "parent");
        SinkSettings settings = deriving("t", Map.of("path", "parent || '/' || id"));
        lane.together(lane.create("t", 1, 2), lane.create("t", 2, 1));
        lane.applyAll(settings);
        noLetters();
        assertThat(lane.rows("SELECT path FROM t ORDER BY id")).containsExactly("2/1", "1/2");
    }

    @Test
    void anEventOfAnOlderShapeIsComputedWithWhatTheRowHas() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, a text, b text DEFAULT 'none', slug text)");
        lane.captureColumns("t", "id", "a");
        lane.transaction(lane.create("t", 1, "old"), lane.create("t", 2, "two"));
        lane.captureColumns("t", "id", "a", "b");
        lane.sql("INSERT INTO t VALUES (1, 'x', 'kept')");
        lane.applyAll(deriving("t", Map.of("slug", "a || b")));
        noLetters();
        assertThat(lane.rows("SELECT a, b, slug FROM t ORDER BY id"))
                .containsExactly("old|kept|oldkept", "two|none|twonone");
    }

    @Test
    void whatAnOlderEventBringsForAColumnThatIsComputedNowDoesNotCount() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, a text, slug text)");
        lane.captureColumns("t", "id", "a", "slug");
        lane.transaction(lane.create("t", 1, "A", "brought"));
        lane.transaction(lane.partial("t", Set.of("a"), 1, null, "brought again"));
        lane.captureColumns("t", "id", "a");
        lane.applyAll(deriving("t", Map.of("slug", "lower(a)")));
        noLetters();
        assertThat(lane.one("SELECT a, slug FROM t")).isEqualTo("A|a");
    }

    @Test
    void aSnapshotIsLoadedWithoutCopySoThatEveryRowIsComputed() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, a text, slug text)");
        lane.captureColumns("t", "id", "a");
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.t", Map.of()));
        lane.transaction(IntStream.range(0, 1_500)
                .mapToObj(i -> lane.read("t", i, "A" + i))
                .toArray(TestLane.Draft[]::new));
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_END, "public.t", Map.of("rows", "1500")));
        lane.applyAll(deriving("t", Map.of("slug", "lower(a)")));
        assertThat(lane.one("SELECT count(*), count(*) FILTER (WHERE slug = 'a' || id) FROM t"))
                .isEqualTo("1500|1500");
        assertThat(PipelineStatus.read(lane.database, lane.pipeline).tables())
                .extracting(PipelineStatus.TableStatus::phase)
                .containsExactly("live");
    }

    @Test
    void anExpressionThatChangedDoesNotRewriteRowsThatHaveTheirValuesAlready() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, a text, at timestamptz, slug text)");
        lane.captureColumns("t", "id", "a");
        lane.transaction(lane.create("t", 1, "A"), lane.create("t", 2, "B"));
        lane.applyAll(deriving("t", Map.of("slug", "lower(a)", "at", "now()")));
        List<String> before = lane.rows("SELECT ctid, at FROM t ORDER BY id");
        lane.transaction(lane.update("t", 1, "A"), lane.update("t", 2, "B"));
        SinkSettings changed = deriving("t", Map.of("slug", "upper(a) || '!'", "at", "now()"));
        lane.applyAll(changed);
        assertThat(lane.rows("SELECT ctid, at FROM t ORDER BY id")).isEqualTo(before);
        lane.transaction(lane.update("t", 1, "AA"));
        lane.applyAll(changed);
        assertThat(lane.rows("SELECT slug FROM t ORDER BY id")).containsExactly("AA!", "b");
    }

    @Test
    void aTableWithoutSequencesHasThemToo() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, slug text)");
        lane.captureUnguarded("t");
        SinkSettings settings = deriving("t", Map.of("slug", "'n' || id"));
        lane.transaction(lane.create("t", 1, null), lane.create("t", 2, null));
        lane.transaction(lane.update("t", 1, "brought"));
        lane.applyAll(settings);
        assertThat(lane.rows("SELECT slug FROM t ORDER BY id")).containsExactly("n1", "n2");
    }

    @Test
    void aColumnThatIsNotThereStopsTheLaneByName() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY)");
        lane.capture("t");
        lane.transaction(lane.create("t", 1));
        assertThat(catchThrowable(() -> lane.applyAll(deriving("t", Map.of("slug", "'n'")))))
                .hasMessageContaining("public.t of the target has no column slug");
    }
}
