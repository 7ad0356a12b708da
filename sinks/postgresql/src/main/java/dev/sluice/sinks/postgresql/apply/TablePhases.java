package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Control;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a batch does to {@code sluice.tables}: phases and counts of snapshots. */
final class TablePhases {
    private final Map<String, Effect> effects = new LinkedHashMap<>();

    /** Since the last begin in the batch, or since the batch's start. */
    private static final class Effect {
        private boolean restarts;
        private @Nullable String phase;
        private long rows;
        private long rejected;
        private long total = -1;
    }

    void add(Control control) {
        if (control.table() == null) {
            return;
        }
        String table = control.table().toString();
        switch (control.kind()) {
            case SNAPSHOT_BEGIN -> {
                Effect fresh = new Effect();
                fresh.restarts = true;
                fresh.phase = "loading";
                effects.put(table, fresh);
            }
            case SNAPSHOT_END -> {
                Effect effect = effect(table);
                effect.phase = "live";
                effect.total = Long.parseLong(control.attributes().getOrDefault(Control.ROWS, "-1"));
            }
            case HEARTBEAT, DRAIN, REFRESHED, COMPARE -> {}
        }
    }

    /** A row of a snapshot came, whatever becomes of it. */
    void countRow(String table) {
        effect(table).rows++;
    }

    /** A row of a snapshot became a dead letter. */
    void countRejected(String table) {
        effect(table).rejected++;
    }

    private Effect effect(String table) {
        return effects.computeIfAbsent(table, name -> new Effect());
    }

    void write(Connection connection, String pipeline, FaultPoints faults) throws SQLException {
        String sql = """
                UPDATE sluice.tables SET phase = coalesce(?, phase), snapshot_rows = CASE WHEN ? >= 0 THEN ? WHEN ? THEN ? ELSE snapshot_rows + ? END,
                  rejected = CASE WHEN ? THEN ? ELSE rejected + ? END, updated_at = clock_timestamp()
                WHERE pipeline = ? AND table_name = ?""";
        for (Map.Entry<String, Effect> entry : effects.entrySet()) {
            Effect effect = entry.getValue();
            faults.before("table phases");
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setString(1, effect.phase);
                update.setLong(2, effect.total);
                update.setLong(3, effect.total);
                update.setBoolean(4, effect.restarts);
                update.setLong(5, effect.rows);
                update.setLong(6, effect.rows);
                update.setBoolean(7, effect.restarts);
                update.setLong(8, effect.rejected);
                update.setLong(9, effect.rejected);
                update.setString(10, pipeline);
                update.setString(11, entry.getKey());
                update.executeUpdate();
            }
        }
    }
}
