package dev.sluice.verification.checks;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Asks the target a query that a person wrote, in a transaction that cannot write. The query never passes through the JDBC driver, which would run several statements of one text one after another, a COMMIT among them, and
 * take the operator {@code ?} for a parameter: PostgreSQL itself gets it as a value and opens a cursor for it, which it does for one query only.
 */
final class TargetQuery {
    private static final List<String> SESSION = List.of(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            // Rather an error than rows that a policy hides.
            "SET LOCAL row_security = off",
            // What is printed depends on neither this machine nor the role.
            "SET LOCAL TimeZone = 'UTC'",
            "SET LOCAL DateStyle = 'ISO, YMD'",
            "SET LOCAL IntervalStyle = 'postgres'",
            "SET LOCAL extra_float_digits = 1");

    private static final String OPEN = "DO $open$ DECLARE found refcursor := 'sluice_check';"
            + " BEGIN OPEN found NO SCROLL FOR EXECUTE current_setting('sluice.check_query'); END $open$";

    /** Rows of one FETCH while they are small. */
    private static final int FETCH_ROWS = 1_000;

    /** Of a FETCH, which the driver holds in memory as a whole. */
    private static final long FETCH_BYTES = 4L << 20;

    /** Not supported, cardinality, data, transaction state, function, syntax and names, limits of the program, raised by functions. */
    private static final Set<String> MISTAKES =
            Set.of("0A", "21", "22", "25", "2D", "2F", "38", "39", "42", "54", "P0");

    /** Those whose messages quote values. */
    private static final Set<String> QUOTING = Set.of("22", "P0", "38", "39");

    private static final String NO_PRIVILEGE = "42501";
    private static final String CANCELED = "57014";

    private final SqlCheck check;
    private final CheckSettings settings;

    TargetQuery(SqlCheck check, CheckSettings settings) {
        this.check = check;
        this.settings = settings;
    }

    /** @param connection in a transaction that has asked nothing yet */
    RowSet ask(Connection connection) throws SQLException {
        return opened(connection, this::fetch);
    }

    /** Of a query that is planned, and gives no row. */
    List<String> columns(Connection connection) throws SQLException {
        return opened(connection, statement -> {
            try (ResultSet nothing = statement.executeQuery("FETCH FORWARD 0 FROM sluice_check")) {
                return names(nothing.getMetaData());
            }
        });
    }

    /** What is done with the open cursor. */
    @FunctionalInterface
    private interface Use<T> {
        T of(Statement statement) throws SQLException;
    }

    private <T> T opened(Connection connection, Use<T> use) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String setting : SESSION) {
                statement.execute(setting);
            }
            statement.execute(
                    "SET LOCAL statement_timeout = " + settings.timeout().toMillis());
            hand(connection);
            try {
                statement.execute(OPEN);
                return use.of(statement);
            } catch (SQLException e) {
                throw explained(e);
            }
        }
    }

    private void hand(Connection connection) throws SQLException {
        try (PreparedStatement hand = connection.prepareStatement("SELECT set_config('sluice.check_query', ?, true)")) {
            if (check.target().indexOf('\0') >= 0) {
                throw refused("a text without a NUL character was expected");
            }
            hand.setString(1, check.target());
            hand.execute();
        }
    }

    private RowSet fetch(Statement statement) throws SQLException {
        long end = System.nanoTime() + settings.timeout().toNanos();
        @Nullable RowSet rows = null;
        long bytes = 0;
        long fetched;
        int wanted = 1;
        do {
            fetched = 0;
            try (ResultSet found = statement.executeQuery("FETCH FORWARD " + wanted + " FROM sluice_check")) {
                ResultSetMetaData columns = found.getMetaData();
                rows = rows == null ? new RowSet(names(columns)) : rows;
                while (found.next()) {
                    bytes += add(found, columns, rows);
                    fetched++;
                    requireWithin(rows.size(), bytes);
                }
            }
            if (System.nanoTime() - end > 0) {
                throw tooLong();
            }
            boolean more = fetched == wanted;
            wanted = (int) Math.max(
                    1, Math.min(FETCH_ROWS, FETCH_BYTES * Math.max(1, rows.size()) / Math.max(1, bytes)));
            if (!more) {
                return rows;
            }
        } while (true);
    }

    private static List<String> names(ResultSetMetaData columns) throws SQLException {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            names.add(columns.getColumnLabel(i));
        }
        return names;
    }

    private static long add(ResultSet found, ResultSetMetaData columns, RowSet rows) throws SQLException {
        @Nullable Object[] row = new @Nullable Object[columns.getColumnCount()];
        long bytes = 0;
        for (int i = 0; i < row.length; i++) {
            row[i] = Values.ofTarget(found, i + 1, columns.getColumnType(i + 1));
            bytes += Values.weight(row[i]);
        }
        rows.add(row);
        return bytes;
    }

    private void requireWithin(long rows, long bytes) {
        if (rows > settings.maxRows()) {
            throw refused("it gives more than " + settings.maxRows() + " rows; aggregate them");
        } else if (bytes > settings.maxBytes()) {
            throw refused("it gives more than " + settings.maxBytes() + " bytes; aggregate them");
        }
    }

    private SluiceException tooLong() {
        return refused("it takes more than " + settings.timeout().toMillis()
                + " ms; give it an index or less to do, or more time");
    }

    /** What is a mistake of the query, or what its role may not do; the failure itself where it is neither. */
    private SQLException explained(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        if (state.equals(CANCELED)) {
            throw tooLong();
        } else if (state.equals(NO_PRIVILEGE)) {
            throw SluiceException.of(
                    ErrorKind.TARGET,
                    "check " + check.name() + ": the target's query is not allowed: " + text(e)
                            + "; grant its role SELECT, and where a table has row security, BYPASSRLS");
        } else if (state.length() == 5 && MISTAKES.contains(state.substring(0, 2))) {
            throw refused(
                    QUOTING.contains(state.substring(0, 2))
                            ? "PostgreSQL says " + state
                                    + ", in words that may hold values; run it in psql to read them"
                            : text(e) + " (" + state + ")");
        }
        return e;
    }

    /** Without detail and context. */
    private static String text(SQLException e) {
        ServerErrorMessage server = e instanceof PSQLException known ? known.getServerErrorMessage() : null;
        String text = server == null ? null : server.getMessage();
        return text == null ? String.valueOf(e.getMessage()) : text;
    }

    private SluiceException refused(String why) {
        return SluiceException.of(
                ErrorKind.CONFIGURATION,
                "check " + check.name() + ": the target cannot answer its query: " + why
                        + "; expected was one query (SELECT, VALUES or WITH) that only reads");
    }
}
