package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.SourceTable;
import dev.sluice.producers.api.SourceTable.ForeignKey;
import dev.sluice.schemas.relational.UniqueKey;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IntrospectionTest {
    @TempDir
    Path directory;

    private List<SourceTable> tables(String... schema) throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, schema)) {
            return SqliteConnector.of(database.settings()).tables();
        }
    }

    @Test
    void tablesAreReadAsTheyWereDeclared() throws SQLException {
        SourceTable table = tables(
                        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(50) NOT NULL DEFAULT 'x', note, twice AS (id * 2))")
                .get(0);
        assertThat(table.columns())
                .containsExactly(
                        new SourceTable.Column("id", "INTEGER", false, null, false),
                        new SourceTable.Column("name", "VARCHAR(50)", false, "'x'", false),
                        new SourceTable.Column("note", "", true, null, false),
                        new SourceTable.Column("twice", "", true, null, true));
        assertThat(table.primaryKey()).containsExactly("id");
        assertThat(table.note()).isEqualTo("AUTOINCREMENT");
    }

    @Test
    void theWordAutoincrementInACommentMeansNothing() throws SQLException {
        assertThat(tables(
                                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT DEFAULT 'AUTOINCREMENT' /* no AUTOINCREMENT */)")
                        .get(0)
                        .note())
                .isEmpty();
    }

    @Test
    void keysStandInKeyOrderAndTablesWithoutOneSaySo() throws SQLException {
        List<SourceTable> tables = tables(
                "CREATE TABLE a (x INT, y INT, z INT, PRIMARY KEY (z, x)) WITHOUT ROWID",
                "CREATE TABLE b (x INT)",
                "CREATE TABLE c (x INTEGER PRIMARY KEY, y TEXT) STRICT",
                "CREATE TABLE d (x INTEGER PRIMARY KEY DESC)");
        assertThat(tables.get(0).primaryKey()).containsExactly("z", "x");
        assertThat(tables.get(0).note()).isEqualTo("WITHOUT ROWID");
        assertThat(tables.get(0).columns())
                .extracting(SourceTable.Column::nullable)
                .containsExactly(false, true, false);
        assertThat(tables.get(1).primaryKey()).isEmpty();
        assertThat(tables.get(1).note()).contains("no primary key");
        assertThat(tables.get(2).note()).isEqualTo("STRICT");
        // Not an alias of the rowid, so SQLite lets NULL in.
        assertThat(tables.get(3).columns().get(0).nullable()).isTrue();
    }

    @Test
    void onlyFullUniqueIndexesOverPlainColumnsAreUniqueKeys() throws SQLException {
        SourceTable table = tables(
                        "CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT UNIQUE, b TEXT, c TEXT, UNIQUE (b, c))",
                        "CREATE UNIQUE INDEX t_partial ON t (a) WHERE b IS NOT NULL",
                        "CREATE UNIQUE INDEX t_lower ON t (lower(b))",
                        "CREATE UNIQUE INDEX t_nocase ON t (c COLLATE NOCASE)",
                        "CREATE INDEX t_plain ON t (c)")
                .get(0);
        assertThat(table.uniqueKeys())
                .containsExactlyInAnyOrder(
                        new UniqueKey("t_a_key", List.of("a")),
                        new UniqueKey("t_b_c_key", List.of("b", "c")),
                        new UniqueKey("t_nocase", List.of("c")));
        assertThat(table.note())
                .contains("t_partial is partial", "t_lower is over an expression", "t_nocase compares c with NOCASE");
    }

    @Test
    void foreignKeysAreResolvedInAnyCaseAndWithoutNamedColumns() throws SQLException {
        List<SourceTable> tables = tables(
                "CREATE TABLE Parent (A INT, B INT, PRIMARY KEY (A, B))",
                "CREATE TABLE child (id INTEGER PRIMARY KEY, x INT, y INT, p INT REFERENCES child ON DELETE SET NULL ON UPDATE CASCADE, g INT REFERENCES gone (id), FOREIGN KEY (x, y) REFERENCES parent, FOREIGN KEY (y, x) REFERENCES PARENT (a, b))");
        SourceTable child = tables.stream()
                .filter(table -> table.name().equals("child"))
                .findFirst()
                .orElseThrow();
        assertThat(child.foreignKeys())
                .containsExactlyInAnyOrder(
                        new ForeignKey(List.of("x", "y"), "Parent", List.of("A", "B"), "NO ACTION", "NO ACTION"),
                        new ForeignKey(List.of("y", "x"), "Parent", List.of("A", "B"), "NO ACTION", "NO ACTION"),
                        new ForeignKey(List.of("p"), "child", List.of("id"), "SET NULL", "CASCADE"));
        assertThat(child.note()).contains("foreign key to gone is left out");
    }

    @Test
    void viewsVirtualTablesTheirShadowsAndOurOwnTablesAreLeftOut() throws SQLException {
        assertThat(tables(
                        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)",
                        "CREATE VIEW v AS SELECT * FROM t",
                        "CREATE VIRTUAL TABLE f USING fts5(body)",
                        "CREATE TABLE _sluice_other_log (seq INTEGER PRIMARY KEY)",
                        "ANALYZE"))
                .extracting(SourceTable::name)
                .containsExactly("t");
    }

    @Test
    void smallTablesAreCountedAndLargeOnesEstimated() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE small (id INTEGER PRIMARY KEY)",
                "INSERT INTO small VALUES (1), (1000000000000)",
                "CREATE TABLE sparse (id INTEGER PRIMARY KEY)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 210000) INSERT INTO sparse SELECT i * 1000000007 FROM n")) {
            List<SourceTable> tables = SqliteConnector.of(database.settings()).tables();
            assertThat(tables.get(0).estimatedRows()).isEqualTo(2);
            // Not the span of its rowids.
            assertThat(tables.get(1).estimatedRows()).isBetween(200_000L, 2_000_000L);
        }
    }
}
