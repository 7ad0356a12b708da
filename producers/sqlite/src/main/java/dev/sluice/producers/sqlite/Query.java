package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.QueryRows;
import dev.sluice.producers.sqlite.StoredValue.RawText;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A query that a person wrote, in SQLite's SQL. It runs on a session that cannot write, for a limited time, and gives a limited number of rows and bytes, because it may be one that never ends. Whatever SQLite says
 * against it is told as a mistake of the query.
 *
 * @param maxRows more rows are an error
 * @param cost how long it may take, and how many bytes it may give
 */
record Query(String sql, int maxRows, Cost cost) {
    /**
     * What a query may cost.
     *
     * @param whileWritersWait in rollback mode, where writers wait for its end
     * @param otherwise in WAL mode
     * @param bytes of all rows, and of any value that it makes on the way
     */
    record Cost(Duration whileWritersWait, Duration otherwise, int bytes) {
        /** Applications wait 5 seconds for a lock as a rule; 64 MiB are a small part of the smallest heap. */
        static final Cost DEFAULT = new Cost(Duration.ofSeconds(3), Duration.ofMinutes(1), 64 << 20);

        Duration longest(boolean writersWait) {
            return writersWait ? whileWritersWait : otherwise;
        }
    }

    Query {
        sql = withoutEnd(sql);
    }

    /** Without the semicolon that people write at the end. */
    private static String withoutEnd(String sql) {
        String text = sql.strip();
        return text.endsWith(";") ? text.substring(0, text.length() - 1) : text;
    }

    /** @param position gives the tail's position in the transaction in which the query is answered */
    QueryRows answer(Session session, Session.Work<Position> position) {
        boolean writersWait = Condition.writersWait(session);
        Duration longest = cost.longest(writersWait);
        QueryRows rows = session.withValuesUpTo(
                cost.bytes, () -> Condition.within(longest, session, s -> answer(s, position.run(s))));
        if (rows == null) {
            throw refused("it takes more than " + longest.toMillis() + " ms"
                    + (writersWait ? ", and in journal mode delete the application cannot write meanwhile" : ""));
        }
        return rows;
    }

    private QueryRows answer(Session session, Position position) throws SQLException {
        try {
            requireOne(session);
            try (PreparedStatement statement = session.prepareOnce(sql)) {
                if (statement.getParameterMetaData().getParameterCount() > 0) {
                    throw refused("it has a parameter, for which there is no value");
                }
                try (ResultSet found = statement.executeQuery()) {
                    return new QueryRows(position, columns(found.getMetaData()), rows(found));
                }
            }
        } catch (SQLException e) {
            if (Condition.isMistake(e)) {
                throw SluiceException.of(ErrorKind.CONFIGURATION, message(String.valueOf(e.getMessage())), e);
            }
            throw e;
        }
    }

    /** SQLite itself would run the first of several statements and say nothing of the others; only a query can stand behind EXISTS. Nothing else is even prepared, because some pragmas work while they are. */
    private void requireOne(Session session) throws SQLException {
        if (sql.indexOf('\0') >= 0) {
            throw refused("a text without a NUL character was expected");
        }
        session.prepareOnce("SELECT EXISTS (\n" + sql + "\n)").close();
    }

    private static List<String> columns(ResultSetMetaData found) throws SQLException {
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= found.getColumnCount(); i++) {
            columns.add(found.getColumnLabel(i));
        }
        return columns;
    }

    private List<List<@Nullable Object>> rows(ResultSet found) throws SQLException {
        int columns = found.getMetaData().getColumnCount();
        List<List<@Nullable Object>> rows = new ArrayList<>();
        long bytes = 0;
        while (found.next()) {
            if (rows.size() == maxRows) {
                throw refused("it gives more than " + maxRows + " rows; aggregate them or ask for fewer");
            }
            @Nullable Object[] row = StoredValue.read(found, 1, columns);
            bytes += StoredValue.weight(row);
            if (bytes > cost.bytes) {
                throw refused("it gives more than " + cost.bytes + " bytes; aggregate them or ask for fewer");
            }
            rows.add(Collections.unmodifiableList(Arrays.asList(plain(row))));
        }
        return rows;
    }

    /** Text that is not UTF-8 is given as bytes. */
    private static @Nullable Object[] plain(@Nullable Object[] row) {
        for (int i = 0; i < row.length; i++) {
            if (row[i] instanceof RawText text) {
                row[i] = text.bytes();
            }
        }
        return row;
    }

    private static SluiceException refused(String why) {
        return SluiceException.of(ErrorKind.CONFIGURATION, message(why));
    }

    /** Without the query itself, which may hold values that are nobody else's business. */
    private static String message(String why) {
        return "the source cannot answer the query: " + why
                + "; expected was one query (SELECT, VALUES or WITH) as SQLite takes it";
    }
}
