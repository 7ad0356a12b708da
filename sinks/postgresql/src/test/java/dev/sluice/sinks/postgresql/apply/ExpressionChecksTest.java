package dev.sluice.sinks.postgresql.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.TestSql;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PostgreSQL's own judgement of expressions, in one database that none of them changes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExpressionChecksTest {
    private static final TableId ITEMS = new TableId("public", "My Items");

    private final String jdbcUrl = LocalPostgres.temporary().createDatabase();
    private final TargetDatabase database =
            TargetDatabase.open(TargetSettings.of(jdbcUrl), "p", InstantSource.system());
    private Catalog captured = Catalog.of(List.of());

    @BeforeAll
    void makeTable() {
        TestSql.run(database, """
                CREATE SCHEMA child;
                CREATE TYPE mood AS ENUM ('good', 'bad');
                CREATE DOMAIN label AS varchar(5) CHECK (value <> '');
                CREATE TABLE owners (id integer PRIMARY KEY);
                CREATE TABLE "My Items" (id bigint PRIMARY KEY, name label, "Size" numeric(5,2), j jsonb, at timestamptz, m mood, text_ text, number integer, place point,
                  day date, feeling mood, made integer GENERATED ALWAYS AS (1) STORED, nr integer GENERATED ALWAYS AS IDENTITY, owner integer REFERENCES owners, code text UNIQUE);
                CREATE TABLE child.parts (code text REFERENCES "My Items" (code));
                CREATE FUNCTION chance() RETURNS integer LANGUAGE sql AS 'SELECT 1';
                CREATE FUNCTION sure() RETURNS integer IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'""");
        captured = Catalog.of(List.of(TargetCatalog.read(database, List.of("public"))
                .table(ITEMS)
                .orElseThrow()
                .toTable(List.of("id", "name", "Size", "j", "at", "m"))));
    }

    @AfterAll
    void close() {
        database.close();
    }

    private List<Finding> check(String column, String expression) {
        return ExpressionChecks.of(database, captured, Map.of(ITEMS, Map.of(column, expression)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "text_ ~ lower(replace(name, ' ', '-'))",
                "text_ ~ 'ward'",
                "text_ ~ to_tsvector('simple', name || ' ' || coalesce(name,''))",
                "text_ ~ name || id -- both",
                "text_ ~ \"My Items\".\"Size\"",
                "text_ ~ to_jsonb(\"My Items\")",
                "text_ ~ CASE WHEN j ? 'a' THEN '?' ELSE $q$ ? $q$ END",
                "text_ ~ (CASE WHEN id > 1 THEN 'a' END)",
                "text_ ~ NULL",
                "number ~ \"Size\" * 2",
                "number ~ now() - at > '1 day'",
                "number ~ sure() + id",
                "day ~ at",
                "day ~ '2024-01-31'",
                "feeling ~ m",
                "feeling ~ 'good'",
                "place ~ point(id, 2)",
                "number ~ id IN (1, 2)"
            })
    void expressionsOverTheRowAreTaken(String column, String expression) {
        assertThat(check(column, expression)).isEmpty();
    }

    @ParameterizedTest(name = "{index}: {0}")
    @ValueSource(
            strings = {
                "name), (id",
                "name, id",
                "name AS n",
                "name FROM owners",
                "name; DROP TABLE owners",
                "name); DROP TABLE owners; SELECT (id",
                "name UNION SELECT 'a'",
                "DISTINCT name",
                "*",
                "\"My Items\".*",
                "count(*)",
                "max(name)",
                "row_number() OVER ()",
                "generate_series(1, 2)::text",
                "(SELECT max(id)::text FROM owners)",
                "EXISTS (SELECT 1 FROM owners)",
                "text_",
                "number",
                "nope",
                "ctid::text",
                "tableoid::text",
                "_sluice_seq",
                "$1",
                "",
                "-- nothing",
                "(",
                "name /*",
                "'open",
                "DEFAULT",
                "(1 / 0)::text",
                "nofunction(name)",
                "name\u0000"
            })
    void whatIsNotOneExpressionOverTheRowIsRefused(String expression) {
        assertThat(check("text_", expression)).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo("impossible-expression");
            assertThat(finding.severity()).isEqualTo(Finding.Severity.ERROR);
            assertThat(finding.subject()).isEqualTo("column text_ of table public.My Items");
            assertThat(finding.action()).endsWith("over the columns id, name, Size, j, at, m");
        });
        assertThat(TestSql.rows(database, "SELECT count(*) FROM pg_class WHERE relname = 'owners'"))
                .containsExactly("1");
    }

    @Test
    void postgresSaysItInItsOwnWords() {
        assertThat(check("text_", "nam"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.message())
                        .contains("column \"nam\" does not exist")
                        .contains("Perhaps you meant"));
        assertThat(check("text_", "name, id"))
                .extracting(Finding::message)
                .containsExactly("it is more than one expression");
        assertThat(check("number", "j")).isEmpty();
        assertThat(check("number", "at"))
                .extracting(Finding::message)
                .containsExactly("PostgreSQL says: cannot cast type timestamp with time zone to integer");
        assertThat(check("text_", "(SELECT 1)::text"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.message()).contains("cannot use subquery"));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"random()::text", "gen_random_uuid()", "chance()", "clock_timestamp()", "name || chance()"})
    void whatIsAnotherValueEachTimeIsRefused(String expression) {
        assertThat(check("text_", expression)).singleElement().satisfies(finding -> {
            assertThat(finding.message()).contains("volatile");
            assertThat(finding.action()).contains("DEFAULT");
        });
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "id, primary key",
        "name, travels",
        "made, gives the column its values itself",
        "nr, gives the column its values itself",
        "owner, foreign key",
        "code, foreign key",
        "Text_, no such column",
        "missing, no such column"
    })
    void columnsThatAreSettledOtherwiseAreRefused(String column, String reason) {
        assertThat(check(column, "1"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.message()).contains(reason));
    }

    @Test
    void whereTemporaryTablesAreNotAllowedItSaysWhatIsNeeded() {
        String role = "plain_" + System.nanoTime();
        String name = TestSql.rows(database, "SELECT current_database()").get(0);
        TestSql.run(
                database,
                "CREATE ROLE " + role + " LOGIN PASSWORD 'secret'; GRANT SELECT ON \"My Items\" TO " + role
                        + "; REVOKE TEMPORARY ON DATABASE " + name + " FROM PUBLIC");
        try (TargetDatabase plain = TargetDatabase.open(
                TargetSettings.of(jdbcUrl.replaceAll("\\?.*", ""), role, "secret"), "p", InstantSource.system())) {
            assertThat(ExpressionChecks.of(plain, captured, Map.of(ITEMS, Map.of("text_", "name"))))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.action()).contains("GRANT TEMPORARY"));
        } finally {
            TestSql.run(
                    database,
                    "GRANT TEMPORARY ON DATABASE " + name + " TO PUBLIC; DROP OWNED BY " + role + "; DROP ROLE "
                            + role);
        }
    }

    @Test
    void tablesThatAreNotLoadedByCopyAreNamed() {
        assertThat(ExpressionChecks.remarks(captured, Map.of(ITEMS, Map.of("text_", "name", "number", "1"))))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.severity()).isEqualTo(Finding.Severity.INFO);
                    assertThat(finding.message()).contains("number, text_").contains("not by COPY");
                });
        assertThat(ExpressionChecks.remarks(captured, Map.of())).isEmpty();
        assertThat(ExpressionChecks.of(database, captured, Map.of(new TableId("public", "other"), Map.of("a", "("))))
                .isEmpty();
    }
}
