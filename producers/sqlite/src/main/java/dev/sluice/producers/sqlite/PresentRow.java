package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the row that has a key now. */
final class PresentRow {
    private final List<String> key;
    private final int columns;
    private final String select;

    PresentRow(CapturedTable table, RowSelection selection) {
        this.key = selection.identity();
        this.columns = selection.logged().size();
        List<String> names = selection.logged().stream().map(Sql::name).toList();
        this.select = "SELECT " + String.join(", ", names) + ", " + LargeRows.lengths(names) + " FROM "
                + Sql.name(table.sourceName()) + " WHERE ";
    }

    /** The row's image. Null when no row has the key; the first comparison can use the key's index, the second is exact. */
    @Nullable
    Object @Nullable [] read(Session session, @Nullable Object[] storedKey) throws SQLException {
        List<@Nullable Object> parameters = new ArrayList<>();
        for (Object value : storedKey) {
            parameters.add(value);
            parameters.add(value);
        }
        String where = key.stream()
                .map(column -> {
                    String value = StoredValue.placeholder(storedKey[key.indexOf(column)]);
                    String same = Sql.name(column) + " = " + value;
                    return same + " AND " + same + " COLLATE BINARY";
                })
                .collect(Collectors.joining(" AND "));
        try (ResultSet rows = session.query(select + where, parameters.toArray())) {
            return rows.next() ? LargeRows.read(rows, 1, columns, rows.getString(columns + 1), 0) : null;
        }
    }
}
