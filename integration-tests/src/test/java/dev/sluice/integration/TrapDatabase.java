package dev.sluice.integration;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/** A SQLite file with one of everything that movers of data get wrong. */
final class TrapDatabase {
    /** Adds {@link #ROW_WITH_NUL}. */
    static final String ADD_ROW_WITH_NUL = "INSERT INTO notes VALUES (3, CAST(x'6261640061667465720a' AS TEXT))";

    /** A row that PostgreSQL cannot hold: its text has a NUL character. */
    static final String ROW_WITH_NUL = "notes 3";

    private static final String[] TABLES = {
        "CREATE TABLE all_types (id INTEGER PRIMARY KEY, flag BOOLEAN, whole INTEGER, ratio REAL, word TEXT, bytes BLOB,"
                + " born DATE, seen DATETIME, doc JSON, ref UUID)",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)",
        "CREATE TABLE pairs (a INTEGER NOT NULL, b TEXT NOT NULL, v TEXT, PRIMARY KEY (b, a))",
        "CREATE TABLE codes (code TEXT NOT NULL PRIMARY KEY, v INTEGER) WITHOUT ROWID",
        "CREATE TABLE pair_children (id INTEGER PRIMARY KEY, a INTEGER, b TEXT, FOREIGN KEY (b, a) REFERENCES pairs (b, a))",
        "CREATE TABLE employees (id INTEGER PRIMARY KEY, name TEXT NOT NULL, manager_id INTEGER REFERENCES employees (id))",
        "CREATE TABLE level1 (id UUID NOT NULL PRIMARY KEY, name TEXT UNIQUE)",
        "CREATE TABLE level2 (id INTEGER PRIMARY KEY, parent UUID NOT NULL REFERENCES level1 (id))",
        "CREATE TABLE level3 (id TEXT NOT NULL PRIMARY KEY, parent INTEGER NOT NULL REFERENCES level2 (id))",
        "CREATE TABLE level4 (id INTEGER PRIMARY KEY, parent TEXT REFERENCES level3 (id), code TEXT REFERENCES codes (code))",
        "CREATE TABLE level5 (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES level4 (id))",
        "CREATE TABLE \"Order\" (\"Id\" INTEGER PRIMARY KEY, \"select\" TEXT, \"with space\" INTEGER, \"Größe\" REAL)",
        "CREATE TABLE empty_table (id INTEGER PRIMARY KEY, v TEXT)"
    };

    private static final String[] WORDS = {
        "",
        " ",
        "plain",
        "O'Neil \"quoted\" \\ back",
        "tab\tand\nnewline",
        "დიდი 東京 🛰️ é",
        "NULL",
        "\\N",
        "{}",
        "1e5",
        "0x00",
        "\u0001\u001f\u007f"
    };

    private TrapDatabase() {}

    /** Makes the file and returns how many rows it has. */
    static int create(Path file) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                for (String table : TABLES) {
                    statement.execute(table);
                }
            }
            Rows rows = new Rows(connection);
            values(rows);
            keys(rows);
            trees(rows);
            connection.commit();
            return rows.count;
        }
    }

    private static void values(Rows rows) throws SQLException {
        String insert = "INSERT INTO all_types VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        rows.add(insert, 1, null, null, null, null, null, null, null, null, null);
        long[] wholes = {
            0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 9_007_199_254_740_993L, Long.MAX_VALUE, Long.MIN_VALUE
        };
        double[] ratios = {
            0.1, -0.0, 1e308, 4.9e-324, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 2.5, -1e-7, 123_456_789.125
        };
        byte[][] blobs = {{}, {0}, {-1, 0, 39, 92}, new byte[100_000]};
        String[] docs = {
            "{}",
            "[]",
            "{\"b\": [1, 2.50, null, true], \"a\": {\"ü\": \"\\u00e9\"}}",
            "\"text\"",
            "[1e2, -0.0, 12345678901234567890]"
        };
        String[] times = {
            "2024-02-29 23:59:59.999999",
            "1969-12-31 23:59:59.000001",
            "2038-01-19 03:14:08",
            "0001-01-01 00:00:00",
            "9999-12-31 23:59:59.9"
        };
        for (int i = 0; i < 60; i++) {
            rows.add(
                    insert,
                    i + 2,
                    i % 2,
                    wholes[i % wholes.length],
                    ratios[i % ratios.length],
                    WORDS[i % WORDS.length],
                    blobs[i % blobs.length],
                    i % 2 == 0 ? "2024-02-29" : "0044-03-15",
                    times[i % times.length],
                    docs[i % docs.length],
                    i % 2 == 0 ? "0123456789abcdef0123456789abcdef" : "3F2B8C1E-9D74-4B6A-A1C0-0123456789AB");
        }
        rows.add(insert, Long.MAX_VALUE, 1, 1, 1.0, "largest key", null, null, null, null, null);
        rows.add(insert, Long.MIN_VALUE, 1, 1, 1.0, "smallest key", null, null, null, null, null);
        rows.add("INSERT INTO notes VALUES (1, 'before'), (2, 'x'), (4, 'after')");
    }

    private static void keys(Rows rows) throws SQLException {
        for (int i = 0; i < WORDS.length; i++) {
            rows.add("INSERT INTO pairs VALUES (?, ?, ?)", i % 3, WORDS[i], "v" + i);
            rows.add("INSERT INTO codes VALUES (?, ?)", WORDS[i], i);
            rows.add("INSERT INTO pair_children VALUES (?, ?, ?)", i, i % 3, WORDS[i]);
        }
        // A foreign key with a NULL in it refers to nothing.
        rows.add("INSERT INTO pair_children VALUES (1000, NULL, 'nowhere')");
        rows.add("INSERT INTO \"Order\" VALUES (1, 'keyword', 2, 3.5), (2, NULL, NULL, NULL)");
    }

    private static void trees(Rows rows) throws SQLException {
        // In key order the first row comes before its manager, and one manages itself.
        rows.add(
                "INSERT INTO employees VALUES (1, 'first', 9), (2, 'second', 1), (9, 'boss', NULL), (10, 'own boss', 10), (11, 'last', 10)");
        for (int i = 0; i < 40; i++) {
            String root = String.format("%08xabcdabcdabcdabcdabcdabcd", i);
            rows.add("INSERT INTO level1 VALUES (?, ?)", root, "root " + i);
            rows.add("INSERT INTO level2 VALUES (?, ?)", i, root);
            rows.add("INSERT INTO level3 VALUES (?, ?)", "three-" + i, i);
            rows.add(
                    "INSERT INTO level4 VALUES (?, ?, ?)",
                    i,
                    i % 4 == 0 ? null : "three-" + i,
                    i % 2 == 0 ? null : WORDS[i % WORDS.length]);
            rows.add("INSERT INTO level5 VALUES (?, ?)", i, i);
        }
    }

    private static final class Rows {
        private final Connection connection;
        private int count;

        Rows(Connection connection) {
            this.connection = connection;
        }

        void add(String sql, Object... values) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < values.length; i++) {
                    statement.setObject(i + 1, values[i]);
                }
                count += statement.executeUpdate();
            }
        }
    }
}
