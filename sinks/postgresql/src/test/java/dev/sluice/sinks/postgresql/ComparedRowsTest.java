package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.control.Replay;
import dev.sluice.sinks.postgresql.control.Replays;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the target held where the lane came to a compare event. */
class ComparedRowsTest {
    private static final String NOTED =
            "SELECT signal, key, sequence, row, explained FROM sluice.compared ORDER BY 1, 2";

    private final TestLane lane = TestLane.with(
            "CREATE TABLE parents (id bigint PRIMARY KEY, name text)",
            "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint REFERENCES parents, v text CHECK (v <> 'bad'))");

    @AfterEach
    void close() {
        lane.close();
    }

    /** Asks for keys, of which the last is one that the source could not give. */
    private TestLane.Draft asks(String signal, String table, String... keys) {
        Map<String, Optional<String>> rows = new LinkedHashMap<>();
        for (int i = 0; i < keys.length - 1; i++) {
            rows.put(keys[i], Optional.empty());
        }
        Map<String, String> refused = Map.of(keys[keys.length - 1], Compared.SEVERAL_ROWS);
        return asks(signal, table, new Compared(rows, refused).attributes());
    }

    private static TestLane.Draft asks(String signal, String table, Map<String, String> attributes) {
        return (source, transaction) ->
                new Control(Control.Kind.COMPARE, signal, TableId.parse(table), attributes, source, transaction, 0);
    }

    private TestLane children() {
        return lane.capture("parents", "children");
    }

    private void live() {
        lane.sql("UPDATE sluice.tables SET phase = 'live'");
    }

    @Test
    void itIsWhatEverythingBeforeTheEventHasMadeAndNothingBehindIt() {
        children();
        live();
        lane.transaction(lane.create("parents", 1L, "a"), lane.create("parents", 2L, "b"));
        lane.transaction(lane.update("parents", 1L, "first"));
        lane.transaction(asks("s", "parents", "[1]", "[3]", "[2]"));
        lane.transaction(lane.update("parents", 1L, "second"), lane.delete("parents", 2L));
        lane.transaction(lane.create("parents", 3L, "late"));
        lane.transaction(asks("t", "parents", "[1]", "[3]", "[2]"));
        lane.applyAll();
        assertThat(lane.rows(NOTED))
                .containsExactly(
                        "s|[1]|4|(1,first,3)|null",
                        "s|[2]|4|(2,b,2)|null",
                        "s|[3]|4|null|null",
                        "t|[1]|8|(1,second,5)|null",
                        "t|[2]|8|null|null",
                        "t|[3]|8|(3,late,7)|null");
    }

    @Test
    void whatWasDecidedTogetherWithTheEventIsThereToo() {
        children();
        live();
        lane.append(Outcome.WAIT, true, false, false, "{}", lane.create("children", 1L, 1L, "x"));
        lane.append(Outcome.CONTROL, true, true, false, null, asks("s", "children", "[2]", "[1]"));
        lane.release(1, Outcome.APPLY, true, lane.create("children", 1L, null, "x"));
        lane.transaction(lane.update("children", 1L, null, "later"));
        lane.applyAll();
        assertThat(lane.rows(NOTED)).containsExactly("s|[1]|2|(1,,x,2)|null", "s|[2]|2|null|null");
    }

    @Test
    void itSaysWhatThePipelineKnowsOfAKey() {
        children();
        lane.sql("UPDATE sluice.tables SET phase = 'live' WHERE table_name = 'public.children'");
        lane.append(Outcome.WAIT, true, false, false, "{}", lane.create("children", 1L, 9L, "x"));
        lane.append(Outcome.SET_NULL, true, false, false, "{}", lane.create("children", 2L, null, "x"));
        lane.transaction(lane.rejected("public.children", "[3]", "nul-character"));
        lane.transaction(lane.create("children", 4L, null, "bad"));
        lane.transaction(lane.create("children", 5L, null, "good"));
        lane.sql(
                "INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, reason, message, state)"
                        + " SELECT '" + lane.pipeline
                        + "', 'main', 'public.children', '[6]', s, 'c', 'check', 'm', state"
                        + " FROM (VALUES (1, 'discarded'), (2, 'discarded'), (3, 'superseded')) l(s, state)");
        lane.transaction(asks("s", "children", "[1]", "[2]", "[3]", "[4]", "[5]", "[6]"));
        lane.transaction(asks("t", "parents", "[1]"));
        lane.applyAll();
        assertThat(lane.rows(NOTED))
                .containsExactly(
                        "s|[1]|6|null|{\"waiting\":\"wait\",\"nulled\":false}",
                        "s|[2]|6|(2,,x,2)|{\"waiting\":\"stale\",\"nulled\":true}",
                        "s|[3]|6|null|{\"letter\":\"open\",\"letter_sequence\":3}",
                        "s|[4]|6|null|{\"letter\":\"open\",\"letter_sequence\":4}",
                        "s|[5]|6|(5,,good,5)|null",
                        "s|[6]|6|null|{\"letter\":\"discarded\",\"letter_sequence\":2}",
                        "t|[1]|7|null|{\"loading\":true}");
    }

    @Test
    void aTransactionThatIsStreamedAndRowsThatAreLoadedBesideAreThere() {
        children();
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.parents", Map.of()));
        lane.transaction(IntStream.range(0, 40)
                .mapToObj(i -> TestLane.inSnapshot(lane.read("parents", (long) i, "read")))
                .toArray(TestLane.Draft[]::new));
        lane.transaction(asks("loading", "parents", "[0]", "[39]"));
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_END, "public.parents", Map.of(Control.ROWS, "40")));
        lane.transaction(IntStream.range(0, 40)
                .mapToObj(i -> lane.update("parents", (long) i, "one of many"))
                .toArray(TestLane.Draft[]::new));
        lane.transaction(asks("streamed", "parents", "[0]", "[39]"));
        lane.transaction(lane.update("parents", 0L, "behind"));
        lane.applyAll(lane.settings(7));
        assertThat(lane.rows("SELECT signal, key, row, explained FROM sluice.compared ORDER BY 1, 2"))
                .containsExactly(
                        "loading|[0]|(0,read,2)|{\"loading\":true}",
                        "loading|[39]|(39,read,41)|{\"loading\":true}",
                        "streamed|[0]|(0,\"one of many\",44)|null",
                        "streamed|[39]|(39,\"one of many\",83)|null");
    }

    @ParameterizedTest(name = "before {0}")
    @ValueSource(strings = {"compared rows", "advance cursor", "commit", "next transaction"})
    void aBatchThatIsAppliedAgainSaysTheSame(String place) {
        children();
        live();
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.transaction(asks("s", "parents", "[1]", "[2]"));
        lane.transaction(lane.update("parents", 1L, "b"));
        AtomicBoolean crashed = new AtomicBoolean();
        FaultPoints dies = point -> {
            if (point.equals(place) && crashed.compareAndSet(false, true)) {
                throw new IllegalStateException("out of luck");
            }
        };
        try (Sink sink = lane.sink(lane.settings(), dies)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            assertThatThrownBy(end::join).isInstanceOf(CompletionException.class);
        }
        lane.applyAll();
        List<String> noted = List.of("s|[1]|2|(1,a,1)|null", "s|[2]|2|null|null");
        assertThat(lane.rows(NOTED)).isEqualTo(noted);
        lane.applyAgainBehind(1);
        assertThat(lane.rows(NOTED)).hasSize(2).contains("s|[2]|2|null|null").contains("s|[1]|2|(1,b,3)|null");
    }

    @Test
    void whatCannotBeAnsweredStopsNobody() {
        children();
        live();
        lane.sql("CREATE TABLE unknown (id bigint PRIMARY KEY)");
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.transaction(asks("a", "unknown", "[1]"));
        lane.transaction(asks("b", "nobody", "[1]"));
        lane.transaction(asks("c", "parents", Map.of(Control.COMPARED, "nonsense")));
        lane.transaction(asks("d", "parents", Map.of(Control.REFUSED, "why", Control.LAST, "true")));
        lane.transaction(asks("e", "parents", "[\"x\"]", "[1,2]", "[1]"));
        lane.transaction(lane.control(Control.Kind.COMPARE, null, Map.of(Control.REFUSED, "why")));
        lane.applyAll();
        assertThat(lane.rows(NOTED)).containsExactly("e|[1]|6|(1,a,1)|null");
        assertThat(lane.rows("SELECT count(*) FROM parents")).containsExactly("1");
    }

    @Test
    void aKeyThatTheColumnCannotHoldIsLeftOutAlone() {
        lane.sql("CREATE TYPE mood AS ENUM ('well', 'ill')");
        lane.sql("CREATE TABLE moods (m mood, day date, PRIMARY KEY (m, day))");
        lane.capture("moods");
        live();
        lane.sql("INSERT INTO moods VALUES ('ill', '1970-01-02')");
        lane.transaction(asks("s", "moods", "[\"ill\",1]", "[\"mad\",1]", "[\"ill\",2147483646]", "[\"well\",1]"));
        lane.applyAll();
        assertThat(lane.rows("SELECT key, row FROM sluice.compared ORDER BY 1"))
                .containsExactly("[\"ill\",1]|(ill,1970-01-02,)", "[\"well\",1]|null");
    }

    @Test
    void aTableWithoutTheColumnForSequencesAndNamesThatNeedQuotingAreAnswered() {
        lane.sql("CREATE SCHEMA \"Odd Schema\"");
        lane.sql(
                "CREATE TABLE \"Odd Schema\".\"odd \"\"?%s\" (\"the ?key\" text, t text, \"row\" text, PRIMARY KEY (\"the ?key\", t))");
        lane.captureUnguarded("Odd Schema.odd \"?%s");
        live();
        String key = KeyText.of(new Object[] {"it's \"é\\", "?"});
        lane.sql("INSERT INTO \"Odd Schema\".\"odd \"\"?%s\" VALUES (E'it''s \"é\\\\', '?', ',()')");
        lane.transaction(asks("s", "Odd Schema.odd \"?%s", key));
        lane.applyAll();
        assertThat(lane.rows("SELECT (row::\"Odd Schema\".\"odd \"\"?%s\").\"row\" FROM sluice.compared"))
                .containsExactly(",()");
    }

    /** A type, a value as a literal, and the same as it travels. */
    private record KeyOf(String type, String literal, Object value) {}

    private static final List<KeyOf> KEYS = List.of(
            new KeyOf("boolean", "true", true),
            new KeyOf("smallint", "-3", -3),
            new KeyOf("integer", "7", 7),
            new KeyOf("bigint", "9223372036854775807", Long.MAX_VALUE),
            new KeyOf("real", "0.1", 0.1f),
            new KeyOf("double precision", "NaN", Double.NaN),
            new KeyOf("double precision", "0.30000000000000004", 0.1 + 0.2),
            new KeyOf("numeric(8,3)", "1.5", "1.50"),
            new KeyOf("text", "ü\"\\", "ü\"\\"),
            new KeyOf("varchar(3)", "abc", "abc"),
            new KeyOf("char(5)", "ab", "ab"),
            new KeyOf("bytea", "\\x00ff", new byte[] {0, -1}),
            new KeyOf(
                    "uuid",
                    "00112233-4455-6677-8899-aabbccddeeff",
                    UUID.fromString("00112233-4455-6677-8899-aabbccddeeff")),
            new KeyOf("date", "1970-01-02", 1),
            new KeyOf("time", "00:00:01", 1_000_000L),
            new KeyOf("timestamp", "1970-01-01 00:00:01.000001", 1_000_001L),
            new KeyOf("timestamptz", "1970-01-01 00:00:01+00", 1_000_000L),
            new KeyOf("inet", "10.0.0.1/8", "10.0.0.1/8"),
            new KeyOf("interval", "1 day 02:00:00", "1 day 02:00:00"),
            new KeyOf("oddly", "b", "b"),
            new KeyOf("jsonb", "{\"a\": 1}", "{\"a\":1}"));

    @Test
    void aKeyOfAnyTypeIsFoundAndItsRowComesBackExactly() {
        lane.sql("CREATE TYPE mood AS ENUM ('a', 'b')");
        lane.sql("CREATE DOMAIN oddly AS mood CHECK (VALUE <> 'a')");
        List<String> names = new ArrayList<>();
        for (KeyOf key : KEYS) {
            String name = "k" + names.size();
            names.add(name);
            lane.sql("CREATE TABLE " + name + " (k " + key.type
                    + " PRIMARY KEY, f double precision, r real, b bytea, i interval, x xml, m money,"
                    + " a text[], j jsonb, n numeric, z timestamptz, bc date, t text)");
        }
        lane.capture(names.toArray(String[]::new));
        live();
        for (int i = 0; i < KEYS.size(); i++) {
            String name = names.get(i);
            KeyOf key = KEYS.get(i);
            lane.sql(
                    "INSERT INTO " + name + " VALUES ('" + key.literal
                            + "', '-0', '1e-45', '\\x0022', '-1 mon +00:00:00.000001', '<a/> b', '$1.25',"
                            + " ARRAY[NULL, 'NULL', '\",{}'], '{\"a\": [1e400]}', '1.500', 'infinity', '0044-03-15 BC', E' (\"\\\\,)\\n')");
            lane.transaction(asks("s", name, KeyText.of(new Object[] {key.value})));
        }
        lane.applyAll();
        for (String name : names) {
            assertThat(lane.rows("SELECT c.row::" + name + " *= (q.*) FROM sluice.compared c, " + name
                            + " q WHERE c.table_name = 'public." + name + "'"))
                    .as("the row of %s", KEYS.get(names.indexOf(name)))
                    .containsExactly("t");
        }
    }

    @Test
    void itIsLookedUpByTheKeyHoweverLittlePostgresKnowsOfTheTable() {
        children();
        live();
        lane.sql("INSERT INTO parents SELECT g, 'x' FROM generate_series(0, 200000) g");
        lane.sql("SELECT pg_stat_reset()");
        lane.transaction(asks(
                "s",
                "parents",
                IntStream.range(0, 1_000).mapToObj(i -> "[" + i * 100 + "]").toArray(String[]::new)));
        lane.applyAll();
        assertThat(lane.one("SELECT count(row) FROM sluice.compared")).isEqualTo("1000");
        TestLane.await(
                "the statistics",
                () -> lane.one(
                                "SELECT coalesce(sum(idx_scan), 0) >= 1000 FROM pg_stat_user_tables WHERE relname = 'parents'")
                        .equals("t"));
        assertThat(
                        lane.one(
                                "SELECT (seq_tup_read < 10) || ' ' || (idx_tup_fetch < 5000) FROM pg_stat_user_tables WHERE relname = 'parents'"))
                .isEqualTo("true true");
    }

    @Test
    void aKeyThatNoIndexHoldsIsShortenedAsEverywhereInTheSchema() {
        children();
        lane.sql("CREATE TABLE long (k text PRIMARY KEY)");
        lane.capture("long");
        live();
        String key = "é".repeat(1_200);
        lane.sql("INSERT INTO long VALUES ('" + key + "')");
        lane.transaction(asks("s", "long", KeyText.of(new Object[] {key})));
        lane.applyAll();
        assertThat(lane.one("SELECT key FROM sluice.compared")).contains("…sha256:");
        assertThat(lane.one("SELECT row FROM sluice.compared")).startsWith("(" + key);
    }

    @Test
    void whatNobodyTookAwayGoesAfterAnHour() {
        children();
        lane.sql("INSERT INTO sluice.pipelines VALUES ('other', 'o', 'test', 6, 1)");
        for (String pipeline : List.of(lane.pipeline, "other")) {
            lane.sql("INSERT INTO sluice.compared (pipeline, signal, table_name, key, sequence, compared_at) VALUES ('"
                    + pipeline
                    + "', 'old', 'public.parents', '[1]', 1, now() - interval '61 minutes'), ('" + pipeline
                    + "', 'young', 'public.parents', '[1]', 1, now() - interval '59 minutes')");
        }
        lane.transaction(asks("now", "parents", "[1]"));
        lane.applyAll();
        assertThat(lane.rows("SELECT (pipeline = 'other') || signal FROM sluice.compared ORDER BY 1"))
                .containsExactly("falsenow", "falseyoung", "trueold", "trueyoung");
    }

    @Test
    void aReplayAsksNothingAgain() {
        children();
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.transaction(asks("s", "parents", "[1]"));
        lane.transaction(lane.create("parents", 2L, "b"));
        lane.applyAll();
        lane.sql("DELETE FROM sluice.compared; DELETE FROM parents");
        Replays replays = new Replays(lane.database, lane.pipeline);
        TreeSet<TableId> tables = new TreeSet<>(List.of(TableId.parse("parents")));
        long id = replays.ask(List.of(new Replays.Request("main", 1, tables, false)))
                .get(0);
        try (Sink sink = lane.sink(lane.settings(), FaultPoints.NONE)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await(
                    "the replay",
                    () -> end.isDone() || !replays.read(List.of(id)).get(0).isUnderWay());
            sink.stop();
            end.join();
        }
        Replay replay = replays.read(List.of(id)).get(0);
        assertThat(replay.isDone()).isTrue();
        assertThat(lane.rows("SELECT id, name FROM parents ORDER BY 1")).containsExactly("1|a", "2|b");
        assertThat(lane.rows(NOTED)).isEmpty();
        assertThat(Stream.of(replay.refused())).containsExactly(0L);
    }
}
