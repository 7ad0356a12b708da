package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Selection;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnEmpty;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.Finding.Severity;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceCheckTest {
    @TempDir
    Path directory;

    private static List<Finding> check(TestDatabase database, CapturedTable... tables) {
        return SqliteConnector.of(database.settings().withBusyTimeout(Duration.ofMillis(50)))
                .check(List.of(tables));
    }

    private static Finding find(List<Finding> findings, String code) {
        return findings.stream()
                .filter(finding -> finding.code().equals(code))
                .findFirst()
                .orElseThrow(() -> new AssertionError(code + " is not among " + findings));
    }

    @Test
    void aGoodDatabaseHasNoErrorsAndNoWarnings() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)", "INSERT INTO t VALUES (1, 'x')")) {
            List<Finding> findings = check(database, Captured.table("t", "id", "id:INT64", "a:TEXT"));
            assertThat(findings).allMatch(finding -> finding.severity() == Severity.INFO);
            assertThat(find(findings, "journal-mode").message()).contains("wal");
        }
    }

    @Test
    void everyProblemIsFoundAtOnce() throws SQLException {
        try (TestDatabase database = TestDatabase.createIn(
                directory,
                "DELETE",
                "CREATE TABLE keyless (a INTEGER, b TEXT)",
                "INSERT INTO keyless VALUES (1, 'x'), (1, 'y')",
                "CREATE TABLE loose (a INTEGER, b TEXT)",
                "CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT, p INTEGER REFERENCES p, extra)",
                "CREATE TABLE p (id INTEGER PRIMARY KEY)",
                "CREATE UNIQUE INDEX t_part ON t (a) WHERE a > ''",
                "INSERT INTO t VALUES (NULL, 'x', 7, 0), ('k', CAST(x'6100' AS TEXT), 8, 0)",
                "CREATE VIEW v AS SELECT 1")) {
            List<Finding> findings = check(
                    database,
                    Captured.table("keyless", "a", "a:INT32", "b:TEXT"),
                    Captured.table("loose", "a", "a:INT32", "b:TEXT"),
                    Captured.table("gone", "id", "id:INT64"),
                    Captured.table("p", "id", "id:INT64", "z:TEXT"),
                    Captured.table("t", "id", "id:TEXT", "a:TEXT", "p:INT64"));
            assertThat(find(findings, "key-not-unique").subject()).isEqualTo("table keyless");
            assertThat(find(findings, "table-without-key").severity()).isEqualTo(Severity.ERROR);
            assertThat(find(findings, "table-missing").severity()).isEqualTo(Severity.ERROR);
            assertThat(find(findings, "column-missing").message()).contains("z");
            assertThat(find(findings, "column-not-captured").message()).contains("extra");
            assertThat(find(findings, "null-in-key").message()).startsWith("1 rows");
            assertThat(find(findings, "replace-not-seen").message())
                    .contains("t_part is partial", "recursive_triggers");
            assertThat(find(findings, "orphans").message()).startsWith("2 rows refer to rows of p");
            assertThat(find(findings, "values-do-not-convert").message())
                    .contains("nul-character")
                    .doesNotContain("a\0");
            assertThat(find(findings, "journal-mode").message()).contains("keeps writers waiting");
            assertThat(find(findings, "not-captured").message()).contains("view v");
            assertThat(find(findings, "rowid-order").subject()).isEqualTo("table keyless");
        }
    }

    private static CapturedTable referring(CapturedTable child, String column, CapturedTable parent) {
        Table table = child.target();
        TableId to = parent.target().id();
        ForeignKey key = new ForeignKey("fk_" + column, List.of(column), to, List.of("id"), false, false);
        List<ForeignKey> keys =
                Stream.concat(table.foreignKeys().stream(), Stream.of(key)).toList();
        return child.with(new Table(table.id(), table.columns(), table.primaryKey(), table.uniqueKeys(), keys));
    }

    @Test
    void orphansOfTheTargetsForeignKeysAreCountedWhateverTheSpelling() throws SQLException {
        CapturedTable parent = Captured.table("p", "id", "id:UUID");
        CapturedTable child = referring(Captured.table("c", "id", "id:INT64", "p:UUID"), "p", parent);
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE p (id UUID PRIMARY KEY)",
                "CREATE TABLE c (id INTEGER PRIMARY KEY, p VARCHAR(36))",
                "INSERT INTO p VALUES ('0d3c6f2a9b1e4c578a2b3f4e5d6c7b8a'), ('1d3c6f2a-9b1e-4c57-8a2b-3f4e5d6c7b8a')",
                "INSERT INTO c VALUES (1, '0d3c6f2a-9b1e-4c57-8a2b-3f4e5d6c7b8a'), (2, '{1D3C6F2A-9B1E-4C57-8A2B-3F4E5D6C7B8A}'),"
                        + " (3, NULL), (4, '2d3c6f2a-9b1e-4c57-8a2b-3f4e5d6c7b8a'), (5, '2d3c6f2a9b1e4c578a2b3f4e5d6c7b8a')")) {
            Finding orphans = find(check(database, parent, child), "orphans");
            assertThat(orphans.subject()).isEqualTo("table c");
            assertThat(orphans.message()).startsWith("2 rows refer to rows of p (foreign key fk_p)");
        }
    }

    @Test
    void aForeignKeyThatBothSidesHaveIsCountedOnce() throws SQLException {
        CapturedTable parent = Captured.table("p", "id", "id:INT64");
        CapturedTable child = referring(Captured.table("c", "id", "id:INT64", "p:INT64"), "p", parent);
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE p (id INTEGER PRIMARY KEY)",
                "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p)",
                "INSERT INTO c VALUES (1, 7)")) {
            assertThat(check(database, parent, child))
                    .filteredOn(finding -> finding.code().equals("orphans"))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.message()).contains("fk_p"));
        }
    }

    @Test
    void aParentThatStaysBehindIsMissingAndAChildThatDoesMissesNone() throws SQLException {
        CapturedTable parent = Captured.table("p", "id", "id:TEXT")
                .with(new Selection("live", Map.of("id", "site || number"), List.of("site", "number")));
        CapturedTable child = referring(Captured.table("c", "id", "id:INT64", "p:TEXT"), "p", parent)
                .with(Selection.where("p <> 'nobody'"));
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE p (site TEXT, number INTEGER, live, PRIMARY KEY (site, number))",
                "CREATE TABLE c (id INTEGER PRIMARY KEY, p TEXT)",
                "INSERT INTO p VALUES ('a', 1, 1), ('a', 2, 0)",
                "INSERT INTO c VALUES (1, 'a1'), (2, 'a2'), (3, 'nobody'), (4, 'b1')")) {
            assertThat(find(check(database, parent, child), "orphans").message())
                    .startsWith("2 rows refer to rows of p (foreign key fk_p)");
            CapturedTable failing = child.with(Selection.where("json_extract(p, '$.x') IS NULL"));
            assertThat(check(database, parent, failing))
                    .extracting(Finding::severity)
                    .doesNotContain(Severity.ERROR);
        }
    }

    @Test
    void aKeyThatNoIndexKeepsUniqueIsAnErrorAndIsNotPrepared() throws SQLException {
        CapturedTable table = Captured.table("t", "pos", "pos:INT64", "a:TEXT");
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, pos INTEGER, a TEXT)",
                "INSERT INTO t (pos) VALUES (1), (2), (3)")) {
            Finding finding = find(check(database, table), "key-not-enforced");
            assertThat(finding.severity()).isEqualTo(Severity.ERROR);
            assertThat(finding.action())
                    .contains("CREATE UNIQUE INDEX \"t_pos\" ON \"t\" (\"pos\")", "exclude the table");
            SqliteConnector connector = SqliteConnector.of(database.settings());
            assertThatThrownBy(() -> connector.prepare(List.of(table), "p", "one", true))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SOURCE))
                    .hasMessageContaining("CREATE UNIQUE INDEX \"t_pos\"");
            database.run("CREATE UNIQUE INDEX \"t_pos\" ON \"t\" (\"pos\")");
            assertThat(check(database, table)).extracting(Finding::code).doesNotContain("key-not-enforced");
            assertThat(connector.prepare(List.of(table), "p", "one", true)).isNotEmpty();
        }
    }

    @Test
    void aTableThatDeletesItsOwnRowsWithTheirParentIsNamed() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory, "CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES t ON DELETE CASCADE)")) {
            assertThat(find(check(database, Captured.table("t", "id", "id:INT64", "p:INT64")), "replace-not-seen")
                            .message())
                    .contains("refers to itself with ON DELETE CASCADE", "UPDATE OR REPLACE", "primary key");
        }
    }

    @Test
    void ignoredColumnsAreNoProblem() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE t (id INTEGER PRIMARY KEY, a)")) {
            SqliteConnector connector = SqliteConnector.of(
                    database.settings().withIgnoredColumns((table, column) -> table.equals("t") && column.equals("a")));
            assertThat(connector.check(List.of(Captured.table("t", "id", "id:INT64"))))
                    .extracting(Finding::code)
                    .doesNotContain("column-not-captured");
        }
    }

    @Test
    void aUuidThatStandsInTwoSpellingsIsFound() throws SQLException {
        String dashed = "0d3c6f2a-9b1e-4c57-8a2b-3f4e5d6c7b8a";
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id UUID PRIMARY KEY)",
                "INSERT INTO t VALUES ('" + dashed + "'), ('" + dashed.replace("-", "") + "'), (x'"
                        + dashed.replace("-", "") + "'), ('1d3c6f2a9b1e4c578a2b3f4e5d6c7b8a')")) {
            Finding finding = find(check(database, Captured.table("t", "id", "id:UUID")), "key-spelled-twice");
            assertThat(finding.severity()).isEqualTo(Severity.ERROR);
            assertThat(finding.message()).startsWith("1 uuids");
        }
    }

    @Test
    void aUrnIsAnotherSpellingOfAKey() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id TEXT PRIMARY KEY)",
                "INSERT INTO t VALUES ('urn:uuid:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), ('A0EEBC999C0B4EF8BB6D6BB9BD380A11')")) {
            assertThat(find(check(database, Captured.table("t", "id", "id:UUID")), "key-spelled-twice")
                            .message())
                    .startsWith("1 uuids");
        }
    }

    @Test
    void valuesThatRulesChangeAreCountedBeforehand() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c)",
                "INSERT INTO t VALUES (1, '', 'true', 1760083860), (2, '', 1, '2025-10-10'), (3, 'x', 0, NULL)")) {
            CapturedTable plain = Captured.table("t", "id", "id:INT64", "a:UUID", "b:BOOLEAN", "c:TIMESTAMPTZ");
            CapturedTable ruled = new CapturedTable(
                    "t",
                    plain.sourceColumns(),
                    plain.target(),
                    Map.of("a", ValueRules.DEFAULT.with(OnEmpty.NULL).with(OnInvalid.NULL)));
            Finding finding = find(check(database, ruled), "values-change");
            assertThat(finding.severity()).isEqualTo(Severity.INFO);
            assertThat(finding.message()).endsWith(": a empty 2, a invalid 1, b boolean-text 1, c epoch 1");
        }
    }

    @Test
    void aLockedDatabaseIsNamed() throws SQLException {
        try (TestDatabase database =
                TestDatabase.createIn(directory, "DELETE", "CREATE TABLE t (id INTEGER PRIMARY KEY)")) {
            database.run("BEGIN IMMEDIATE");
            assertThat(find(check(database), "source-locked").message()).contains("locked by another process");
            database.run("COMMIT");
            database.run("BEGIN EXCLUSIVE");
            assertThat(find(check(database), "source-unreadable").message()).contains("locked by another process");
            assertThatThrownBy(() -> SqliteConnector.of(database.settings().withBusyTimeout(Duration.ofMillis(10)))
                            .tables())
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SOURCE));
        }
    }

    @Test
    void aUniqueColumnThatTakesADefaultForNullIsNamed() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'x' UNIQUE)")) {
            assertThat(find(check(database, Captured.table("t", "id", "id:INT64", "a:TEXT")), "replace-not-seen")
                            .message())
                    .contains("column a is unique and NOT NULL with a default");
        }
    }

    @Test
    void rowsOfATableThatIsCapturedAreNotLookedAtAgain() throws SQLException {
        CapturedTable table = Captured.table("t", "id", "id:TEXT", "a:TEXT");
        CapturedTable other = Captured.table("t", "id", "id:TEXT");
        try (TestDatabase database = TestDatabase.create(
                directory, "CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT)", "INSERT INTO t VALUES (NULL, 'x')")) {
            assertThat(check(database, table)).extracting(Finding::code).contains("null-in-key");
            SqliteConnector.of(database.settings()).prepare(List.of(table), "a_meta", "one", false);
            assertThat(check(database, table)).extracting(Finding::code).containsExactly("journal-mode");
            assertThat(check(database, other)).extracting(Finding::code).contains("null-in-key");
        }
    }

    @Test
    void aLookThatTakesTooLongEnds() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
                Session session = Session.reader(database.settings())) {
            String endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
            assertThat(session.inReadWithin(Duration.ofMillis(1), s -> s.number(endless)))
                    .isFalse();
            assertThat(session.inReadWithin(Duration.ofMinutes(1), s -> s.number("SELECT count(*) FROM t")))
                    .isTrue();
        }
    }

    @Test
    void whatIsNoDatabaseIsNamedAndNeverCreated() throws IOException {
        Path missing = directory.resolve("missing.db");
        assertSourceError(missing, "does not exist");
        assertThat(missing).doesNotExist();
        assertSourceError(directory, "is a directory");
        Path text = Files.writeString(
                directory.resolve("text.db"),
                "this is no database at all, but it is long enough to be read as one ".repeat(20));
        assertSourceError(text, "is not a SQLite database");
        assertThat(text).content().startsWith("this is no database");
    }

    private static void assertSourceError(Path file, String message) {
        SqliteConnector connector = SqliteConnector.of(SqliteSettings.of(file));
        assertThatThrownBy(connector::tables)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SOURCE))
                .hasMessageContaining(message);
        assertThat(find(connector.check(List.of()), "source-unreadable").message())
                .contains(message);
    }
}
