package dev.sluice.cli.verify;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.HashMap;
import java.util.Map;

/** Which comparison is a table's newest one that knows its keys. */
final class NewestVerifications {
    private static final String SQL = """
            SELECT t.table_name, max(t.verification) FROM sluice.verified_tables t
            JOIN sluice.verifications v ON v.pipeline = t.pipeline AND v.id = t.verification
            WHERE t.pipeline = ? AND t.phase = 'done' AND v.mode = 'full' GROUP BY t.table_name""";

    private NewestVerifications() {}

    /** By table; those that were never compared are not in it. */
    static Map<TableId, Long> read(TargetDatabase target, String pipeline) {
        return target.withConnection(connection -> {
            Map<TableId, Long> newest = new HashMap<>();
            try (PreparedStatement query = connection.prepareStatement(SQL)) {
                query.setString(1, pipeline);
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        newest.put(TableId.parse(row.getString(1)), row.getLong(2));
                    }
                }
            }
            return newest;
        });
    }
}
