package dev.sluice.sinks.postgresql.apply;

import dev.sluice.sinks.postgresql.database.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Appends full rows to a table by COPY: no row of the same key may be there. Not thread-safe. */
final class CopyWriter {
    private static final int PIECE_BYTES = 1 << 16;

    private final CopyFormat binary = new CopyBinary();
    private final CopyFormat text = new CopyText();

    /** All or nothing. */
    void copy(Connection connection, BoundTable table, List<Step.Row> rows) throws SQLException {
        CopyFormat format = CopyBinary.canWrite(table) ? binary : text;
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(statement(table, format));
        try {
            format.out().clear();
            format.begin();
            for (Step.Row row : rows) {
                format.add(table, row);
                if (format.out().size() >= PIECE_BYTES) {
                    send(copy, format.out());
                }
            }
            format.end();
            send(copy, format.out());
            copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    private static void send(CopyIn copy, BinaryBuffer bytes) throws SQLException {
        copy.writeToCopy(bytes.array(), 0, bytes.size());
        bytes.clear();
    }

    private static String statement(BoundTable table, CopyFormat format) {
        String columns = table.columns().stream()
                .map(column -> Sql.quote(column.name()) + ", ")
                .collect(Collectors.joining());
        return "COPY " + Sql.quote(table.id()) + " (" + columns + Statements.SEQUENCE + ") FROM STDIN (FORMAT "
                + format.name() + ")";
    }
}
