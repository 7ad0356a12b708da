package dev.sluice.verification;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Transactions that read the target as it is at one moment. */
final class Snapshots {
    private Snapshots() {}

    /** One snapshot for everything in the transaction, whose statements wait for no lock long, and an error rather than rows that a policy hides. */
    static void begin(Connection connection) throws SQLException {
        try (Statement session = connection.createStatement()) {
            session.execute(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL row_security = off; SET LOCAL lock_timeout = '30s'"
                            // A step that the server forgets in a crash is only done again.
                            + "; SET LOCAL synchronous_commit = off");
        }
    }
}
