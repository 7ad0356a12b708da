package dev.sluice.producers.sqlite;

import java.nio.file.Path;

/** An application of its own: inserts rows, each in a transaction, and deletes every second one again. */
final class WriterProcess {
    private WriterProcess() {}

    public static void main(String[] arguments) throws Exception {
        try (TestDatabase database = TestDatabase.open(Path.of(arguments[0]))) {
            database.run("PRAGMA busy_timeout = 10000", "PRAGMA synchronous = OFF");
            int rows = Integer.parseInt(arguments[1]);
            for (int id = 1; id <= rows; id++) {
                database.run("INSERT INTO t VALUES (" + id + ", 'row')");
                if (id % 2 == 0) {
                    database.run("DELETE FROM t WHERE id = " + id);
                }
            }
        }
    }
}
