package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.producers.api.ProposedColumn;
import dev.sluice.producers.api.SourceTable;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ProposalTest {
    private static final String HEX = "'0d3c6f2a9b1e4c578a2b3f4e5d6c7b8a'";
    private static final String DASHED = "'0d3c6f2a-9b1e-4c57-8a2b-3f4e5d6c7b8a'";

    @TempDir
    Path directory;

    private List<ProposedColumn> propose(String table, String... statements) throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, statements)) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            SourceTable found = connector.tables().stream()
                    .filter(t -> t.name().equals(table))
                    .findFirst()
                    .orElseThrow();
            return connector.propose(found);
        }
    }

    /** The proposals for column 1 of some tables of one database. */
    private List<ProposedColumn> proposeAll(String[] statements, String... tables) throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, statements)) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            return Stream.of(tables)
                    .map(name -> connector.tables().stream()
                            .filter(t -> t.name().equals(name))
                            .findFirst()
                            .orElseThrow())
                    .map(table -> connector.propose(table).get(1))
                    .toList();
        }
    }

    static Stream<Arguments> types() {
        return Stream.of(
                arguments("INTEGER", "1, -5", "integer"),
                arguments("INTEGER", "1, 3000000000", "bigint"),
                arguments("INTEGER", "", "bigint"),
                arguments("INTEGER", "1, 12.5", "double precision"),
                arguments("INTEGER", "1, 'x'", "text"),
                arguments("SMALLINT", "", "integer"),
                arguments("BIGINT", "1", "bigint"),
                arguments("BOOLEAN", "0, 1, 'true'", "boolean"),
                arguments("BOOLEAN", "0, 2", "bigint"),
                arguments("DATETIME", "'2025-10-10 08:08:59.575644'", "timestamp with time zone"),
                arguments("TIMESTAMP", "'2025-10-10T08:10:00Z', 1760083860", "timestamp with time zone"),
                arguments("DATETIME", "'2025-10-10', 'soon'", "text"),
                arguments("DATE", "'2025-10-10'", "date"),
                arguments("DATE", "'2025-10-10', '2025-10-10 09:00'", "timestamp with time zone"),
                arguments("TIME", "'08:00:01'", "time without time zone"),
                arguments("REAL", "1.5, 2", "double precision"),
                arguments("DOUBLE PRECISION", "", "double precision"),
                arguments("NUMERIC", "1, 2.5, '3.50'", "numeric"),
                arguments("DECIMAL(9, 6)", "41.7151, 44", "numeric(9,6)"),
                arguments("DECIMAL(4,2)", "123.45", "numeric"),
                arguments("NUMERIC(10)", "5", "numeric(10,0)"),
                arguments("UUID", HEX + ", " + DASHED, "uuid"),
                arguments("UUID", "'12345678901243458901234567890123', " + HEX, "uuid"),
                arguments("UUID", "7", "bigint"),
                arguments("UUID", "'x', " + HEX, "text"),
                arguments("VARCHAR(36)", DASHED, "uuid"),
                arguments("CHAR(32)", HEX + ", " + DASHED, "uuid"),
                arguments("VARCHAR(36)", DASHED + ", 'x'", "character varying(36)"),
                arguments("VARCHAR(36)", "", "character varying(36)"),
                arguments("VARCHAR(3)", "'äöü'", "character varying(3)"),
                arguments("VARCHAR(3)", "'äöüß'", "text"),
                arguments("NVARCHAR(10)", "'x', x'00'", "bytea"),
                arguments("VARCHAR(10)", "CAST(x'6100' AS TEXT), 5", "text"),
                arguments("TEXT", "CAST(x'61ff' AS TEXT), 'x'", "text"),
                arguments("TEXT", DASHED, "text"),
                arguments("JSON", "'{\"a\": 1}', 'null', 5", "jsonb"),
                arguments("JSON", "'{\"a\": NaN}'", "text"),
                arguments("JSON", "''", "text"),
                arguments("BLOB", "x'00'", "bytea"),
                arguments("BLOB", "'text', x'00'", "bytea"),
                arguments("", "1, 2", "bigint"),
                arguments("", "1.5, 2", "double precision"),
                arguments("", "9007199254740993, 0.5", "numeric"),
                arguments("", "x'00'", "bytea"),
                arguments("", "1, 'a'", "text"),
                arguments("", "x'00', 5", "text"),
                arguments("POINT", "'a'", "text"));
    }

    @ParameterizedTest(name = "{0} holding {1} becomes {2}")
    @MethodSource("types")
    void aTypeIsProposedThatHoldsWhatIsStored(String declared, String values, String expected) throws SQLException {
        String insert =
                values.isEmpty() ? "SELECT 1" : "INSERT INTO t (v) VALUES (" + values.replace(", ", "), (") + ")";
        ProposedColumn column = propose("t", "CREATE TABLE t (id INTEGER PRIMARY KEY, v " + declared + ")", insert)
                .get(1);
        assertThat(column.nativeType()).isEqualTo(expected);
        DeclaredType type = DeclaredType.of(declared);
        boolean changed = type.kind() != DeclaredType.Kind.NONE
                && expected.equals("text")
                && type.kind() != DeclaredType.Kind.TEXT;
        assertThat(column.comment() != null || !changed)
                .as("a type other than the declared one says why: %s", column)
                .isTrue();
    }

    @Test
    void commentsSayWhatAnOperatorMustKnow() throws SQLException {
        List<ProposedColumn> columns = propose(
                "t",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME NOT NULL, n INTEGER, u UUID, g AS (n + 1))",
                "INSERT INTO t (at, n, u) VALUES ('2025-10-10', 12.5, '12345678901243458901234567890123'), ('2025-10-10', 1, "
                        + DASHED + ")");
        assertThat(columns.get(1).comment()).contains("read as UTC");
        assertThat(columns.get(2).comment()).contains("declared INTEGER, but", "a real with a fraction was found");
        assertThat(columns.get(3).comment()).contains("rows will be refused", "turned a uuid of digits into a number");
        assertThat(columns.get(4).comment()).contains("generated in SQLite");
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                arguments("JSON", "'[]'", "'{\"a\": NaN}'", "jsonb"),
                arguments("UUID", HEX, "'x'", "uuid"),
                arguments("DATETIME", "'2025-10-10'", "'soon'", "timestamp with time zone"),
                arguments("BOOLEAN", "1", "2", "boolean"),
                arguments("INTEGER", "1", "12.5", "bigint"),
                arguments("DATE", "'2025-10-10'", "'never'", "date"),
                arguments("REAL", "1.5", "'n/a'", "double precision"));
    }

    @ParameterizedTest(name = "{0} holding {2} among {1}")
    @MethodSource("mistakes")
    void aFewMistakesAmongManyValuesDoNotCostAColumnItsType(
            String declared, String value, String mistake, String expected) throws SQLException {
        String values =
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO %s (v) SELECT "
                        + value + " FROM n";
        String[] schema = {
            "CREATE TABLE few (id INTEGER PRIMARY KEY, v " + declared + ")",
            "CREATE TABLE many (id INTEGER PRIMARY KEY, v " + declared + ")",
            values.formatted(9, "few"),
            values.formatted(8, "many"),
            "INSERT INTO few (v) VALUES (" + mistake + ")",
            "INSERT INTO many (v) VALUES (" + mistake + ")"
        };
        List<ProposedColumn> proposed = proposeAll(schema, "few", "many");
        ProposedColumn few = proposed.get(0);
        assertThat(few.nativeType()).isEqualTo(expected);
        assertThat(few.comment()).startsWith("decide: 1 of 10 values read do not fit");
        ProposedColumn many = proposed.get(1);
        assertThat(many.nativeType()).as("of nine values one is too many").isNotEqualTo(expected);
    }

    @Test
    void notNullIsProposedOnlyWhereNoNullIsStored() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (a TEXT PRIMARY KEY, b TEXT NOT NULL, c TEXT, d TEXT NOT NULL)",
                "INSERT INTO t VALUES ('a', 'b', 'c', 'd')")) {
            // What a declaration forbids can stand in a file all the same.
            database.run(
                    "PRAGMA writable_schema = ON",
                    "UPDATE sqlite_master SET sql = replace(sql, 'd TEXT NOT NULL', 'd TEXT') WHERE name = 't'",
                    "PRAGMA writable_schema = RESET");
            database.run("INSERT INTO t VALUES (NULL, 'b', NULL, NULL)");
            database.run(
                    "PRAGMA writable_schema = ON",
                    "UPDATE sqlite_master SET sql = replace(sql, 'd TEXT', 'd TEXT NOT NULL') WHERE name = 't'",
                    "PRAGMA writable_schema = RESET");
            SqliteConnector connector = SqliteConnector.of(database.settings());
            List<ProposedColumn> columns = connector.propose(connector.tables().get(0));
            assertThat(columns).extracting(ProposedColumn::notNull).containsExactly(true, true, false, false);
            assertThat(columns.get(0).comment()).contains("a key, but NULL is stored");
            assertThat(columns.get(3).comment()).contains("declared NOT NULL, but NULL is stored");
        }
    }

    @Test
    void aForeignKeyHasTheTypeOfWhatItRefersTo() throws SQLException {
        String[] schema = {
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE c (id VARCHAR(36) PRIMARY KEY, p INTEGER REFERENCES p, up UUID REFERENCES c (id))",
            "CREATE TABLE d (c CHAR(36) REFERENCES c (id), p SMALLINT REFERENCES p)",
            "INSERT INTO p VALUES (1)",
            "INSERT INTO c VALUES (" + DASHED + ", 1, " + HEX + ")",
            "INSERT INTO d VALUES (NULL, 1)"
        };
        List<ProposedColumn> c = propose("c", schema);
        assertThat(c).extracting(ProposedColumn::nativeType).containsExactly("uuid", "bigint", "uuid");
        assertThat(c.get(1).comment()).isEqualTo("as p.id that it is tied to by a foreign key");
    }

    @Test
    void aTextChildMakesItsParentTextToo() throws SQLException {
        String[] schema = {
            "CREATE TABLE p (id UUID PRIMARY KEY)",
            "CREATE TABLE c (id INTEGER PRIMARY KEY, p TEXT REFERENCES p)",
            "INSERT INTO p VALUES (" + DASHED + ")",
            "INSERT INTO c VALUES (1, 'legacy-7')"
        };
        assertThat(propose("p", schema).get(0).nativeType()).isEqualTo("text");
    }

    @Test
    void anOrphanNeverChangesTheTypeOfARowidKey() throws SQLException {
        ProposedColumn column = propose(
                        "c",
                        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
                        "CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p)",
                        "INSERT INTO c VALUES (1, 'nobody')")
                .get(1);
        assertThat(column.nativeType()).isEqualTo("bigint");
        assertThat(column.comment()).contains("rows will be refused");
    }

    @Test
    void defaultsAreCarriedOverWhereBothSidesMeanTheSame() throws SQLException {
        List<ProposedColumn> columns = propose(
                "t",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, b BOOLEAN DEFAULT 1, c BOOLEAN DEFAULT FALSE, n INTEGER DEFAULT -3, s TEXT DEFAULT 'it''s', at DATETIME DEFAULT CURRENT_TIMESTAMP, j JSON DEFAULT '[]', r REAL DEFAULT (1.5), x TEXT DEFAULT (hex(randomblob(4))), z TEXT DEFAULT NULL)");
        assertThat(columns)
                .extracting(ProposedColumn::defaultExpression)
                .containsExactly(
                        null, "true", "false", "-3", "'it''s'", "CURRENT_TIMESTAMP", "'[]'", "1.5", null, null);
        assertThat(columns.get(8).comment()).contains("is not carried over");
        assertThat(columns.get(9).comment()).isNull();
    }

    @Test
    void theFirstAndTheLastRowsOfALargeTableAreRead() throws SQLException {
        String rows =
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO t SELECT i, i FROM n";
        String[] schema = {
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)", rows, "UPDATE t SET v = 5000000000 WHERE id = 59999"
        };
        assertThat(propose("t", schema).get(1).nativeType()).isEqualTo("bigint");
    }
}
