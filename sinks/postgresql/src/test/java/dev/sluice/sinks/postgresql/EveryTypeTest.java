package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.LogicalType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Types that travel in PostgreSQL's own notation: what is written is what PostgreSQL reads from the same text, as a value and as a key. */
class EveryTypeTest {
    private static final String[] TYPES = {
        "CREATE EXTENSION IF NOT EXISTS citext",
        "CREATE EXTENSION IF NOT EXISTS hstore",
        "CREATE EXTENSION IF NOT EXISTS ltree",
        "CREATE SCHEMA \"Odd Schema\"",
        "CREATE TYPE \"Odd Schema\".\"Mood.of \"\"day\"\"\" AS ENUM ('it''s', 'a,b', '\"q\"', 'back\\slash', ' ', 'Ünï', 'NULL', '{x}')",
        "CREATE TYPE pair AS (a integer, b text, c numeric)",
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",
        "CREATE DOMAIN even AS positive CHECK (VALUE % 2 = 0)",
        "CREATE DOMAIN tags AS text[] CHECK (cardinality(VALUE) < 4)",
        "CREATE DOMAIN label AS \"Odd Schema\".\"Mood.of \"\"day\"\"\" CHECK (VALUE <> 'NULL')",
        "CREATE DOMAIN pairs AS pair CHECK ((VALUE).a > 0)",
        "CREATE TYPE span AS RANGE (subtype = text)"
    };

    /** @param key whether PostgreSQL can index it for a primary key */
    private record Kind(String type, boolean key, String first, String second) {}

    private static Kind key(String type, String first, String second) {
        return new Kind(type, true, first, second);
    }

    private static Kind value(String type, String first, String second) {
        return new Kind(type, false, first, second);
    }

    private static final List<Kind> KINDS = List.of(
            key("\"Odd Schema\".\"Mood.of \"\"day\"\"\"", "it's", "a,b"),
            key("\"Odd Schema\".\"Mood.of \"\"day\"\"\"", "back\\slash", " "),
            key("\"Odd Schema\".\"Mood.of \"\"day\"\"\"[]", "{\"\\\"q\\\"\",\"NULL\",NULL,\"{x}\"}", "{}"),
            key("label", "Ünï", "\"q\""),
            key("integer[]", "{1,NULL,3}", "{{1,2},{3,4}}"),
            key("integer[]", "[0:1]={5,6}", "{}"),
            key("integer[][][]", "{{{1},{NULL}},{{3},{4}}}", "{{{9}}}"),
            key("text[]", "{\"a,b\",\"\",NULL,\"NULL\",\"q\\\"x\",\"back\\\\slash\",\"{\"}", "{ü}"),
            key("varchar(3)[]", "{abc}", "{NULL}"),
            key("numeric(6,2)[]", "{1.50,NaN,NULL}", "{-9999.99}"),
            key("double precision[]", "{NaN,-Infinity,-0}", "{0.1}"),
            key("timestamptz[]", "{\"2024-02-29 12:00:00+00\",infinity,-infinity}", "{}"),
            key("date[]", "{infinity,\"4713-01-01 BC\"}", "{2024-02-29}"),
            key("bytea[]", "{\"\\\\x00ff\",NULL}", "{\"\\\\x\"}"),
            key("uuid[]", "{00112233-4455-6677-8899-aabbccddeeff}", "{NULL}"),
            key("jsonb[]", "{\"{\\\"a\\\": [1, null]}\",\"null\",NULL}", "{}"),
            value("json[]", "{\"{\\\"a\\\":  1}\"}", "{NULL}"),
            key("pair[]", "{\"(1,\\\"a,b\\\",1.0)\",NULL}", "{}"),
            key("tags", "{a,NULL,\"b c\"}", "{}"),
            key("pair", "(1,\"a \"\"q\"\", b\\\\\",1.50)", "(,,)"),
            key("pairs", "(1,x,)", "(2,\"\",NaN)"),
            key("int4range", "[1,5)", "empty"),
            key("int8range", "(,9223372036854775806]", "[3,)"),
            key("numrange", "[1.5,1.50]", "(,)"),
            key("daterange", "[2024-01-01,infinity)", "[-infinity,2024-01-01)"),
            key("tsrange", "[\"2024-01-01 00:00:00\",infinity]", "empty"),
            key("tstzrange", "[\"2024-01-01 00:00:00+05:45\",)", "(,\"2024-01-01 00:00:00-11\")"),
            key("span", "[\"a,b\",\"c\\\"d\")", "(,z]"),
            key("int4multirange", "{[1,3),[5,7)}", "{}"),
            key("tstzmultirange", "{[\"2024-01-01 00:00:00+00\",\"2024-01-02 00:00:00+00\"),[2030-01-01,)}", "{}"),
            key("datemultirange", "{[2024-01-01,2024-02-01),[2024-03-01,infinity)}", "{(,)}"),
            key("int4range[]", "{\"[1,5)\",empty,NULL}", "{}"),
            key("interval", "1 year 2 mons -3 days +04:05:06.789", "-00:00:00.000001"),
            key("interval day to second(2)", "3 days 04:05:06.78", "00:00:00"),
            key("time with time zone", "12:00:00.5+05:45", "24:00:00-11"),
            key("money", "$1,234.56", "-$0.01"),
            key("bit(5)", "10101", "00000"),
            key("bit varying(8)", "101", ""),
            key("inet", "10.0.0.1/8", "2001:db8::1"),
            key("cidr", "10.0.0.0/8", "2001:db8::/32"),
            key("macaddr", "08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"),
            key("macaddr8", "08:00:2b:01:02:03:04:05", "00:00:00:00:00:00:00:01"),
            key("hstore", "\"a\"=>\"1, 2\", \"b\"=>NULL, \"ü\"=>\"q\\\"\"", ""),
            key("ltree", "Top.Science.Astronomy", ""),
            key("citext[]", "{Abc,NULL}", "{xyz}"),
            key("oid", "4294967295", "0"),
            key("xid8", "18446744073709551615", "7"),
            key("pg_lsn", "16/B374D848", "0/0"),
            key("\"char\"", "x", ""),
            key("oidvector", "1 2 3", ""),
            key("tsvector", "'a':1A 'it''s':2 'ü'", ""),
            key("tsquery", "'fat' & ( 'rat' | !'cat':* )", ""),
            key("regclass", "pg_class", "pg_type"),
            value("xml", "<a b=\"1\">x &amp; y</a>", "two <b/> nodes"),
            value("point", "(1.5,-2)", "(Infinity,NaN)"),
            value("line", "{1,-1,0}", "{0,1,5}"),
            value("lseg", "[(1,2),(3,4)]", "[(0,0),(0,0)]"),
            value("box", "(3,4),(1,2)", "(0,0),(0,0)"),
            value("path", "((1,2),(3,4))", "[(1,2),(3,4)]"),
            value("polygon", "((1,2),(3,4),(5,6))", "((0,0))"),
            value("circle", "<(1,2),3>", "<(0,0),0>"),
            value("jsonpath", "$.\"a\"[*]?(@ > 1)", "strict $"),
            value("box[]", "{(3,4),(1,2);(5,6),(0,0)}", "{}"),
            value("int2vector", "1 -2 3", ""));

    private final TimeZone zone = TimeZone.getDefault();
    private TestLane lane;

    @AfterEach
    void close() {
        lane.close();
        TimeZone.setDefault(zone);
    }

    private static String literal(String text) {
        return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    private void requireNoLetters() {
        assertThat(lane.rows("SELECT table_name, key, reason, message FROM sluice.dead_letters"))
                .isEmpty();
    }

    private void requireValue(int n, String column, String where, String expected) {
        String same = "SELECT " + column + "::text = " + literal(expected) + "::"
                + KINDS.get(n).type() + "::text, " + column + " FROM t" + n + " WHERE " + where;
        assertThat(lane.rows(same))
                .as("%s %s", KINDS.get(n).type(), expected)
                .singleElement()
                .asString()
                .startsWith("t|");
    }

    @Test
    void asValuesTheyAreInsertedUpdatedWholeAndInPartAndMayBeNull() {
        lane = TestLane.with(TYPES);
        String[] names = new String[KINDS.size()];
        for (int i = 0; i < names.length; i++) {
            names[i] = "t" + i;
            lane.sql("CREATE TABLE t" + i + " (id integer PRIMARY KEY, v "
                    + KINDS.get(i).type() + ", n integer)");
        }
        lane.capture(names);
        List<TestLane.Draft> first = new ArrayList<>();
        List<TestLane.Draft> second = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            Kind kind = KINDS.get(i);
            assertThat(lane.table(names[i]).columns().get(1).type())
                    .as(kind.type())
                    .isEqualTo(LogicalType.NATIVE);
            for (int id = 1; id <= 3; id++) {
                first.add(lane.create(names[i], id, id == 3 ? null : kind.first(), 1));
            }
            second.add(lane.update(names[i], 1, kind.second(), 2));
            second.add(lane.partial(names[i], Set.of("v"), 2, null, 2));
            second.add(lane.partial(names[i], Set.of("n"), 3, kind.second(), null));
        }
        lane.transaction(first.toArray(TestLane.Draft[]::new));
        lane.applyAll();
        requireNoLetters();
        for (int i = 0; i < names.length; i++) {
            requireValue(i, "v", "id = 1", KINDS.get(i).first());
            assertThat(lane.one("SELECT v IS NULL FROM t" + i + " WHERE id = 3"))
                    .isEqualTo("t");
        }
        lane.transaction(second.toArray(TestLane.Draft[]::new));
        lane.applyAll();
        requireNoLetters();
        for (int i = 0; i < names.length; i++) {
            requireValue(i, "v", "id = 1 AND n = 2", KINDS.get(i).second());
            requireValue(i, "v", "id = 2 AND n = 2", KINDS.get(i).first());
            requireValue(i, "v", "id = 3 AND n = 1", KINDS.get(i).second());
        }
    }

    @Test
    void asKeysTheyFindTheirRowsForUpdatesAndDeletes() {
        lane = TestLane.with(TYPES);
        List<Integer> keys = new ArrayList<>();
        for (int i = 0; i < KINDS.size(); i++) {
            if (KINDS.get(i).key()) {
                lane.sql("CREATE TABLE t" + i + " (k " + KINDS.get(i).type() + " PRIMARY KEY, n integer, m integer)");
                keys.add(i);
            }
        }
        lane.capture(keys.stream().map(i -> "t" + i).toArray(String[]::new));
        List<TestLane.Draft> first = new ArrayList<>();
        List<TestLane.Draft> second = new ArrayList<>();
        List<TestLane.Draft> third = new ArrayList<>();
        for (int i : keys) {
            Kind kind = KINDS.get(i);
            first.add(lane.create("t" + i, kind.first(), 1, 1));
            first.add(lane.create("t" + i, kind.second(), 1, 1));
            second.add(lane.update("t" + i, kind.first(), 2, 2));
            second.add(lane.partial("t" + i, Set.of("n"), kind.second(), null, 3));
            third.add(lane.delete("t" + i, kind.second()));
        }
        lane.transaction(first.toArray(TestLane.Draft[]::new));
        lane.applyAll();
        lane.transaction(second.toArray(TestLane.Draft[]::new));
        lane.applyAll();
        requireNoLetters();
        for (int i : keys) {
            requireValue(i, "k", "n = 2 AND m = 2", KINDS.get(i).first());
            requireValue(i, "k", "n = 1 AND m = 3", KINDS.get(i).second());
        }
        lane.transaction(third.toArray(TestLane.Draft[]::new));
        lane.applyAll();
        requireNoLetters();
        for (int i : keys) {
            assertThat(lane.rows("SELECT n FROM t" + i)).as(KINDS.get(i).type()).containsExactly("2");
        }
        assertThat(lane.rows("SELECT rule FROM sluice.transformed"))
                .as("parts that met no row")
                .isEmpty();
    }

    @Test
    void constraintsOfDomainsAreKeptWhateverLiesBetween() {
        lane = TestLane.with(TYPES);
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, e even, g tags, l label, p pairs)");
        lane.capture("t");
        lane.transaction(
                lane.create("t", 1, 4, "{a}", "Ünï", "(1,,)"),
                lane.create("t", 2, 3, null, null, null),
                lane.create("t", 3, -2, null, null, null),
                lane.create("t", 4, null, "{a,b,c,d}", null, null),
                lane.create("t", 5, null, null, "NULL", null),
                lane.create("t", 6, null, null, null, "(0,,)"),
                lane.create("t", 7, null, null, "nobody's", null));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM t")).containsExactly("1");
        assertThat(lane.rows("SELECT key, reason FROM sluice.dead_letters ORDER BY key"))
                .containsExactly("[2]|check", "[3]|check", "[4]|check", "[5]|check", "[6]|check", "[7]|invalid-syntax");
    }

    @Test
    void instantsDoNotDependOnTheTimeZoneOfEitherSideNorSpellingsOnItsStyles() {
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kathmandu"));
        String url = LocalPostgres.temporary().createDatabase();
        for (String setting : List.of(
                "timezone = 'Asia/Kathmandu'",
                "datestyle = 'SQL, DMY'",
                "intervalstyle = 'sql_standard'",
                "xmloption = document")) {
            try (TestLane before = TestLane.at(url)) {
                before.sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET " + setting.replace("'", "''")
                        + "', current_database()); END $$");
            }
        }
        lane = TestLane.at(url);
        lane.sql(
                "CREATE TABLE t (id integer PRIMARY KEY, tz timestamptz, ts timestamp, d date, tt time, r tstzrange, a timestamptz[], i interval, x xml)");
        lane.sql("CREATE TABLE k (tz timestamptz PRIMARY KEY, n integer)");
        lane.capture("t", "k");
        lane.transaction(
                lane.create(
                        "t",
                        1,
                        1_709_208_000_000_001L,
                        1_709_208_000_000_001L,
                        19_782,
                        43_200_000_000L,
                        "[\"2024-02-29 12:00:00+00\",infinity)",
                        "{\"2024-03-01 12:00:00+00\"}",
                        "-1 days +02:03:00",
                        "two <b/> nodes"),
                lane.create("k", 1_709_208_000_000_001L, 1),
                lane.create("k", Long.MAX_VALUE, 1));
        lane.transaction(lane.update("k", 1_709_208_000_000_001L, 2), lane.delete("k", Long.MAX_VALUE));
        lane.applyAll();
        requireNoLetters();
        assertThat(
                        lane.one(
                                "SELECT tz = '2024-02-29T12:00:00.000001Z', ts = '2024-02-29T12:00:00.000001', d = '2024-02-29', tt = '12:00',"
                                        + " lower(r) = '2024-02-29T12:00:00Z', isfinite(upper(r)), a[1] = '2024-03-01T12:00:00Z', i = make_interval(days => -1, hours => 2, mins => 3) FROM t"))
                .isEqualTo("t|t|t|t|t|f|t|t");
        assertThat(lane.rows("SELECT n FROM k")).containsExactly("2");
    }

    @Test
    void jsonKeepsNumbersThatNoMachineNumberHolds() {
        lane = TestLane.with(
                "CREATE TABLE t (id integer PRIMARY KEY, b jsonb, j json)",
                "CREATE TABLE k (b jsonb PRIMARY KEY, n integer)");
        lane.capture("t", "k");
        String big =
                "{\"n\": 123456789012345678901234567890.123456789012345678901234567890, \"e\": 1e400, \"k\": \"ü \\\"\\\\\"}";
        lane.transaction(
                lane.create("t", 1, big, big),
                lane.create("t", 2, "null", "null"),
                lane.create("t", 3, null, null),
                lane.create("k", "{\"a\": 1}", 1),
                lane.create("k", "[]", 1));
        lane.transaction(
                lane.update("k", "{\"a\":1.0}", 2), lane.update("k", "{\"a\": 1}", 3), lane.delete("k", "[ ]"));
        lane.applyAll();
        requireNoLetters();
        assertThat(lane.rows("SELECT b ->> 'n', b ->> 'e' = '1' || repeat('0', 400), b ->> 'k', j::text = "
                        + literal(big) + " FROM t WHERE id = 1"))
                .containsExactly("123456789012345678901234567890.123456789012345678901234567890|t|ü \"\\|t");
        assertThat(lane.rows("SELECT b = 'null', b IS NULL, j IS NULL FROM t WHERE id > 1 ORDER BY id"))
                .containsExactly("t|f|f", "null|t|t");
        assertThat(lane.rows("SELECT n FROM k")).containsExactly("3");
    }

    @Test
    void identitiesAndGeneratedColumnsOfEveryKind() {
        lane = TestLane.with(
                "CREATE TABLE a (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v integer, g integer GENERATED ALWAYS AS (v * 2) STORED)",
                "CREATE TABLE d (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, v integer, g text GENERATED ALWAYS AS (upper('x' || v)) STORED)",
                "CREATE TABLE s (id serial PRIMARY KEY, n integer GENERATED ALWAYS AS IDENTITY, m integer GENERATED BY DEFAULT AS IDENTITY, v integer)");
        lane.capture("a", "d", "s");
        lane.transaction(
                lane.create("a", 70, 1),
                lane.create("a", 71, 1),
                lane.create("d", 70, 1),
                lane.create("d", 71, 1),
                lane.create("s", 70, 5, 6, 1));
        lane.applyAll();
        lane.transaction(
                lane.update("a", 70, 2),
                lane.partial("d", Set.of(), 70, 2),
                lane.partial("s", Set.of("n", "m"), 70, null, null, 2),
                lane.delete("a", 71),
                lane.delete("d", 71));
        lane.applyAll();
        requireNoLetters();
        assertThat(lane.rows("SELECT id, v, g FROM a")).containsExactly("70|2|4");
        assertThat(lane.rows("SELECT id, v, g FROM d")).containsExactly("70|2|X2");
        assertThat(lane.rows("SELECT id, n, m, v FROM s")).containsExactly("70|5|6|2");
    }

    @Test
    void namesOfEveryKindAreLeftAsTheyAreInParentsToo() {
        lane = TestLane.with(
                "CREATE SCHEMA \"Odd Schema\"",
                "CREATE TABLE \"Odd Schema\".\"Order.s \"\"Ü\"\"\" (\"group\" integer, \"From.To\" text, \"a\"\"b\" integer NOT NULL DEFAULT 7, \"s\" integer, \"c0\" integer,"
                        + " \"$1 ?\" integer, \"t\" integer, PRIMARY KEY (\"From.To\", \"group\"))",
                "CREATE TABLE \"Odd Schema\".\"user\" (\"table\" integer PRIMARY KEY, \"Select\" text, \"select\" integer,"
                        + " FOREIGN KEY (\"Select\", \"select\") REFERENCES \"Odd Schema\".\"Order.s \"\"Ü\"\"\")");
        String parent = "Odd Schema.Order.s \"Ü\"";
        String child = "Odd Schema.user";
        lane.capture(parent, child);
        lane.transaction(
                lane.create(child, 1, "x", 5),
                lane.create(parent, 5, "x", 1, 2, 3, 4, 5),
                lane.create(parent, 6, "x", 1, 2, 3, 4, 5));
        lane.applyAll();
        lane.transaction(
                lane.partial(parent, Set.of("a\"b", "s", "c0", "t"), 5, "x", null, null, null, 40, null),
                lane.delete(parent, "x", 6),
                lane.update(child, 1, null, null));
        lane.applyAll();
        requireNoLetters();
        assertThat(lane.rows("SELECT * FROM \"Odd Schema\".\"Order.s \"\"Ü\"\"\""))
                .containsExactly("5|x|1|2|3|40|5|4");
        lane.transaction(lane.create(child, 2, "y", 9));
        lane.applyAll();
        assertThat(lane.rows("SELECT table_name, key, reason, parents FROM sluice.dead_letters"))
                .containsExactly(
                        "Odd Schema.user|[2]|foreign-key|[[\"Odd Schema.Order.s \\\"Ü\\\"\",\"[\\\"y\\\",9]\"]]");
    }
}
