package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.ChangeSource;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application writes with its own library, which may be much older than ours, and runs our triggers with it. */
class OldSqliteTest {
    private static final Set<String> KNOWN_FUNCTIONS = Set.of("julianday", "random", "quote", "typeof", "cast");

    private static final Set<String> KNOWN_WORDS = Set.of(
            "create", "trigger", "before", "after", "insert", "update", "delete", "on", "begin", "end", "into",
            "select", "from", "as", "where", "and", "or", "not", "exists", "in", "is", "null", "case", "when", "then",
            "else", "collate", "binary", "integer", "new", "old", "e", "n", "r");

    /** Quoted names and texts, function calls, words. */
    private static final Pattern TOKENS =
            Pattern.compile("\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|([A-Za-z_][A-Za-z_0-9]*)(\\s*\\()?");

    @TempDir
    Path directory;

    /** The driver of an old library beside the present one; its native code is taken from its own jar. */
    private static Connection old(URLClassLoader loader, Path file) throws Exception {
        Driver driver = (Driver)
                loader.loadClass("org.sqlite.JDBC").getDeclaredConstructor().newInstance();
        return driver.connect("jdbc:sqlite:" + file, new Properties());
    }

    private static URLClassLoader oldLibrary() throws Exception {
        Path jar = Path.of("target", "old-sqlite", "sqlite-jdbc.jar");
        assertThat(Files.exists(jar))
                .as("%s, which Maven puts there before the tests", jar)
                .isTrue();
        return new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader());
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    @Test
    void whatAnApplicationOf2010WritesIsFollowed() throws Exception {
        try (TestDatabase database = TestDatabase.create(
                        directory,
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, v)",
                        "CREATE TABLE k (x TEXT COLLATE NOCASE, y INTEGER, v, PRIMARY KEY (x, y))");
                ChangeSource source = Captured.open(
                        SqliteConnector.of(database.settings()),
                        List.of(
                                Captured.table("t", "id", "id:INT64", "a:TEXT", "v:TEXT"),
                                Captured.table("k", "x,y", "x:TEXT", "y:INT64", "v:TEXT")));
                URLClassLoader library = oldLibrary();
                Connection application = old(library, database.file())) {
            try (Statement statement = application.createStatement();
                    ResultSet version = statement.executeQuery("SELECT sqlite_version()")) {
                assertThat(version.getString(1)).startsWith("3.7.");
            }
            run(
                    application,
                    "INSERT INTO t VALUES (1, 'a', 1)",
                    "INSERT INTO t VALUES (2, 'b', 1.5)",
                    "UPDATE t SET v = x'00' WHERE id = 2",
                    "REPLACE INTO t VALUES (3, 'a', NULL)",
                    "UPDATE t SET id = 4 WHERE id = 3");
            assertThat(Captured.tail(source))
                    .containsExactly(
                            "create t[1,\"a\",\"1\"]",
                            "create t[2,\"b\",\"1.5\"]",
                            "refused update t[2] v not-text",
                            "delete t[1]",
                            "create t[3,\"a\",null]",
                            "delete t[3]",
                            "create t[4,\"a\",null]");
            run(
                    application,
                    "INSERT INTO k VALUES ('A', 1, 'x')",
                    "UPDATE k SET x = 'a'",
                    "UPDATE OR REPLACE k SET y = 2",
                    "DELETE FROM k");
            assertThat(Captured.tail(source))
                    .containsExactly(
                            "create k[\"A\",1,\"x\"]",
                            "delete k[\"A\",1]",
                            "create k[\"a\",1,\"x\"]",
                            "delete k[\"a\",1]",
                            "create k[\"a\",2,\"x\"]",
                            "delete k[\"a\",2]");
        }
    }

    /** The old library of the other test would have to run every branch to find what it does not know. */
    @Test
    void triggersSayNothingThatAnOldLibraryDoesNotKnow() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b)",
                "CREATE TABLE k (x TEXT COLLATE NOCASE, y INTEGER UNIQUE, PRIMARY KEY (x, y)) WITHOUT ROWID",
                "CREATE TABLE u (rowid TEXT, _rowid_ TEXT, oid TEXT PRIMARY KEY)")) {
            List<String> planned = SqliteConnector.of(database.settings())
                    .prepare(
                            List.of(
                                    Captured.table("t", "a", "id:INT64", "a:TEXT", "b:TEXT"),
                                    Captured.table("k", "x,y", "x:TEXT", "y:INT64"),
                                    Captured.table("u", "oid", "rowid:TEXT", "oid:TEXT")),
                            "p",
                            "one",
                            true);
            Set<String> words = new HashSet<>();
            Set<String> functions = new HashSet<>();
            planned.stream().filter(sql -> sql.startsWith("CREATE TRIGGER")).forEach(sql -> {
                Matcher token = TOKENS.matcher(sql);
                while (token.find()) {
                    if (token.group(1) != null) {
                        boolean call = token.group(2) != null && !token.group(2).contains(" ");
                        (call ? functions : words).add(token.group(1).toLowerCase(Locale.ROOT));
                    }
                }
            });
            words.removeIf(word -> word.matches("[kctw]\\d*|seq|op|at|nonce"));
            assertThat(functions).isSubsetOf(KNOWN_FUNCTIONS);
            assertThat(words).isSubsetOf(KNOWN_WORDS);
        }
    }
}
