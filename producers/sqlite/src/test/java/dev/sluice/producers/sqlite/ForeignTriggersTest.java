package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.ChangeSource;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Triggers of the application write the rows whose writes are being captured, made before and after the capture. */
class ForeignTriggersTest {
    private static final String TOUCH =
            "CREATE TRIGGER touch AFTER UPDATE ON t WHEN NEW.at IS OLD.at BEGIN UPDATE t SET at = at + 1 WHERE id = NEW.id; END";

    @TempDir
    Path directory;

    private static ChangeSource follow(TestDatabase database) {
        SqliteConnector connector = SqliteConnector.of(database.settings());
        return Captured.open(connector, List.of(Captured.table("t", "id", "id:NATIVE", "a:NATIVE", "at:NATIVE")));
    }

    /** What a target holds that began with the rows and applied the records. */
    private static List<String> applied(List<String> rows, List<String> records) {
        TreeMap<String, String> target = new TreeMap<>();
        List<String> all = new ArrayList<>(rows);
        all.addAll(records);
        for (String record : all) {
            String row = record.substring(record.indexOf('['));
            String key = row.replaceAll("^\\[(\"[^\"]*\").*", "$1");
            if (record.startsWith("delete")) {
                target.remove(key);
            } else {
                target.put(key, row);
            }
        }
        return List.copyOf(target.values());
    }

    private static List<String> present(ChangeSource source) {
        return Captured.snapshot(source, "t", 100).stream()
                .map(record -> record.substring(record.indexOf('[')))
                .sorted()
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"before", "after", "temp"})
    void theLastStateOfARowIsToldWhicheverTriggerIsNewer(String made) throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT, at INTEGER)",
                "INSERT INTO t VALUES ('x', 'old', 0)")) {
            if (made.equals("before")) {
                database.run(TOUCH);
            }
            try (ChangeSource source = follow(database)) {
                if (!made.equals("before")) {
                    database.run(made.equals("temp") ? TOUCH.replace("CREATE", "CREATE TEMP") : TOUCH);
                }
                database.run("UPDATE t SET a = 'new'");
                assertThat(Captured.tail(source)).endsWith("update t[\"x\",\"new\",\"1\"]");
            }
        }
    }

    @Test
    void aRowThatANewerTriggerDeletesMovesOrBringsBackEndsAsItIs() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                        directory,
                        "CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT, at INTEGER)",
                        "INSERT INTO t VALUES ('del', '', 0), ('move', '', 0), ('back', '', 0), ('swap', '', 0)");
                ChangeSource source = follow(database)) {
            List<String> rows = Captured.snapshot(source, "t", 100);
            database.run(
                    "CREATE TRIGGER one AFTER UPDATE ON t WHEN NEW.a = 'del' BEGIN DELETE FROM t WHERE id = NEW.id; END",
                    "CREATE TRIGGER two AFTER UPDATE ON t WHEN NEW.a = 'move' BEGIN UPDATE t SET id = id || '2', a = '' WHERE id = NEW.id; END",
                    "CREATE TRIGGER three AFTER DELETE ON t WHEN OLD.id = 'back' BEGIN INSERT INTO t VALUES ('back', 'again', 1); END",
                    "CREATE TRIGGER four AFTER UPDATE ON t WHEN NEW.id = 'swapped' BEGIN INSERT INTO t VALUES ('swap', 'other', 1); END",
                    "CREATE TRIGGER five AFTER INSERT ON t WHEN NEW.id = 'gone' BEGIN DELETE FROM t WHERE id = 'gone'; END",
                    "UPDATE t SET a = 'del', id = 'del1' WHERE id = 'del'",
                    "UPDATE t SET a = 'move', id = 'move1' WHERE id = 'move'",
                    "DELETE FROM t WHERE id = 'back'",
                    "UPDATE t SET id = 'swapped' WHERE id = 'swap'",
                    "INSERT INTO t VALUES ('gone', '', 0)");
            assertThat(applied(rows, Captured.tail(source)))
                    .isEqualTo(present(source))
                    .hasSize(4);
        }
    }

    @Test
    void aReplacedRowIsDeletedThoughANewerTriggerWritesInBetween() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                        directory,
                        "CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT UNIQUE, at INTEGER)",
                        "INSERT INTO t VALUES ('x', 'same', 0)");
                ChangeSource source = follow(database)) {
            database.run(
                    "CREATE TRIGGER touch AFTER INSERT ON t BEGIN UPDATE t SET at = 1 WHERE id = NEW.id; END",
                    "REPLACE INTO t VALUES ('y', 'same', 0)");
            assertThat(Captured.tail(source)).contains("delete t[\"x\"]").endsWith("create t[\"y\",\"same\",\"1\"]");
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "BEFORE INSERT ON t BEGIN UPDATE t SET at = at + 10 WHERE id = 'k1'; END",
                "BEFORE INSERT ON t BEGIN UPDATE t SET at = at + 10 WHERE id = 'k2'; END",
                "BEFORE INSERT ON t BEGIN UPDATE t SET a = a, at = at + 10; END",
                "BEFORE INSERT ON t BEGIN INSERT INTO t VALUES ('n' || NEW.id, 'n' || NEW.id, 0); END",
                "BEFORE UPDATE ON t BEGIN UPDATE t SET at = at + 10 WHERE id = 'k2'; END",
            })
    void aReplacedRowIsDeletedThoughAnOlderTriggerWritesBeforeIt(String trigger) throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT UNIQUE, at INTEGER)",
                "INSERT INTO t VALUES ('k1', 'a1', 0), ('k2', 'a4', 0), ('k3', 'a3', 0)",
                "CREATE TRIGGER app " + trigger)) {
            try (ChangeSource source = follow(database)) {
                List<String> rows = Captured.snapshot(source, "t", 100);
                String write = trigger.contains("BEFORE UPDATE")
                        ? "UPDATE OR REPLACE t SET a = 'a4' WHERE id = 'k3'"
                        : "INSERT OR REPLACE INTO t VALUES ('k0', 'a4', 1)";
                database.run(write);
                assertThat(applied(rows, Captured.tail(source)))
                        .isEqualTo(present(source))
                        .noneMatch(row -> row.startsWith("[\"k2\""));
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void theTargetEndsAsTheSourceUnderTriggersOfEveryAge(long seed) throws SQLException {
        Random random = new Random(seed);
        String withoutRowid = random.nextBoolean() ? " WITHOUT ROWID" : "";
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id TEXT COLLATE NOCASE PRIMARY KEY, a TEXT UNIQUE, at INTEGER)" + withoutRowid)) {
            database.run("CREATE TRIGGER older" + trigger(random));
            try (ChangeSource source = follow(database)) {
                List<String> records = new ArrayList<>();
                database.run("CREATE TRIGGER newer" + trigger(random), "CREATE TEMP TRIGGER hidden" + trigger(random));
                for (int i = 0; i < 300; i++) {
                    database.run(write(random));
                    records.addAll(Captured.tail(source));
                    assertThat(applied(List.of(), records)).isEqualTo(present(source));
                }
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void theTargetEndsAsTheSourceWhereTriggersTouchRowsBeforeAWrite(long seed) throws SQLException {
        Random random = new Random(seed);
        try (TestDatabase database = TestDatabase.create(
                directory, "CREATE TABLE t (id TEXT COLLATE NOCASE PRIMARY KEY, a TEXT UNIQUE, at INTEGER)")) {
            for (String event : List.of("INSERT", "UPDATE", "DELETE")) {
                String touch = List.of("UPDATE t SET at = at + 1 WHERE id > 'k2'", "DELETE FROM t WHERE at > 4")
                        .get(random.nextInt(2));
                database.run("CREATE TRIGGER " + event + "_app BEFORE " + event + " ON t BEGIN " + touch + "; END");
            }
            try (ChangeSource source = follow(database)) {
                List<String> records = new ArrayList<>();
                for (int i = 0; i < 300; i++) {
                    database.run(write(random));
                    records.addAll(Captured.tail(source));
                    assertThat(applied(List.of(), records)).isEqualTo(present(source));
                }
            }
        }
    }

    private static String trigger(Random random) {
        String event = List.of("INSERT", "UPDATE", "DELETE").get(random.nextInt(3));
        String row = event.equals("DELETE") ? "OLD" : "NEW";
        String action = List.of(
                        "UPDATE t SET at = at + 1 WHERE id = " + row + ".id",
                        "UPDATE OR REPLACE t SET a = 'a' || at WHERE id = " + row + ".id",
                        "DELETE FROM t WHERE at > 4",
                        "UPDATE OR IGNORE t SET id = upper(id) WHERE at > 2",
                        "INSERT OR IGNORE INTO t VALUES ('k' || " + row + ".at, " + row + ".id, 0)")
                .get(random.nextInt(5));
        return " AFTER " + event + " ON t BEGIN " + action + "; END";
    }

    private static String write(Random random) {
        String id = "'" + (random.nextBoolean() ? "k" : "K") + random.nextInt(6) + "'";
        String a = "'a" + random.nextInt(6) + "'";
        return switch (random.nextInt(5)) {
            case 0 -> "INSERT OR IGNORE INTO t VALUES (" + id + ", " + a + ", 0)";
            case 1 -> "REPLACE INTO t VALUES (" + id + ", " + a + ", 0)";
            case 2 -> "UPDATE OR REPLACE t SET id = " + id + ", a = " + a + " WHERE a > " + a;
            case 3 -> "UPDATE OR IGNORE t SET at = at + 1, a = " + a + " WHERE id >= " + id;
            default -> "DELETE FROM t WHERE id = " + id;
        };
    }
}
