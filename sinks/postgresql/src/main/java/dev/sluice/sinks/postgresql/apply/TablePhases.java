package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.relational.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a batch does to {@code sluice.tables}: phases and counts of snapshots. Rows that are read again later, one by one, look like rows of a snapshot; those of a table that is
 * loaded are not counted.
 */
final class TablePhases {
    private static final String LIVE = "live";
    private static final int FEW = 16;

    private final Map<String, Effect> effects = new LinkedHashMap<>();
    /** Own sequences, ascending, of rows that were read in this batch. */
    private long[] read = new long[FEW];

    private int reads;
    /** Own sequences of rows that were read earlier and are released in this batch. */
    private final Set<Long> released = new HashSet<>();

    private @Nullable Table lastTable;
    private String lastName = "";
    /** By table, and by the sequence of the event that brought it about. */
    private final Map<String, TreeMap<Long, String>> changes = new HashMap<>();

    /** Since the last begin in the batch, or since the batch's start. */
    private static final class Effect {
        private boolean restarts;
        private @Nullable String phase;
        private long rows;
        private long rejected;
        private long rejectedLater;
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
                changed(control, table, fresh.phase);
            }
            case SNAPSHOT_END -> {
                Effect effect = effect(table);
                effect.phase = LIVE;
                changed(control, table, LIVE);
                effect.total = Long.parseLong(control.attributes().getOrDefault(Control.ROWS, "-1"));
            }
            case HEARTBEAT, DRAIN, REFRESHED, COMPARE -> {}
        }
    }

    private void changed(Control control, String table, String phase) {
        changes.computeIfAbsent(table, name -> new TreeMap<>())
                .put(control.source().sequence(), phase);
    }

    /** Whether a table's snapshot is complete where a change of the batch stands. To be asked before {@link #write}. */
    boolean isLive(Connection connection, String pipeline, RowChange change) throws SQLException {
        String table = change.table().id().toString();
        Map.Entry<Long, String> inBatch =
                changes.getOrDefault(table, new TreeMap<>()).lowerEntry(change.sequence());
        if (inBatch != null) {
            return inBatch.getValue().equals(LIVE);
        }
        String sql = "SELECT phase FROM sluice.tables WHERE pipeline = ? AND table_name = ?";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setString(2, table);
            try (ResultSet row = query.executeQuery()) {
                return row.next() && row.getString(1).equals(LIVE);
            }
        }
    }

    /** A row counts when it is read; whether it was refused shows perhaps only when it is released, much later. */
    void add(OrderedHeader header, Change change) {
        if (!change.source().snapshot()) {
            return;
        }
        if (header.isRelease()) {
            released.add(change.source().sequence());
            return;
        }
        String table = name(change.table());
        if (isLoading(table)) {
            addRead(change.source().sequence());
            effect(table).rows++;
        }
    }

    /** Rows of a snapshot come by the thousand, one table after the other. */
    @SuppressWarnings("ReferenceEquality") // only saves work; an equal table gives the same name
    private String name(Table table) {
        if (table != lastTable) {
            lastTable = table;
            lastName = table.id().toString();
        }
        return lastName;
    }

    private void addRead(long sequence) {
        if (reads == read.length) {
            read = Arrays.copyOf(read, reads * 2);
        }
        read[reads] = sequence;
        reads++;
    }

    void add(Rejected refused) {
        String table = refused.table().toString();
        if (refused.source().snapshot() && isLoading(table)) {
            effect(table).rows++;
            effect(table).rejected++;
        }
    }

    /** As far as the batch says; what was so before it, the target knows. */
    private boolean isLoading(String table) {
        Effect effect = effects.get(table);
        return effect == null || !LIVE.equals(effect.phase);
    }

    /** A change of the batch became a dead letter. */
    void addRefused(DeadLetter letter) {
        if (Arrays.binarySearch(read, 0, reads, letter.sequence()) >= 0) {
            effect(letter.table()).rejected++;
        } else if (released.contains(letter.sequence())) {
            effect(letter.table()).rejectedLater++;
        }
    }

    private Effect effect(String table) {
        return effects.computeIfAbsent(table, name -> new Effect());
    }

    void write(Connection connection, String pipeline, FaultPoints faults) throws SQLException {
        String sql = """
                UPDATE sluice.tables SET phase = coalesce(?, phase), snapshot_rows = CASE WHEN ? >= 0 THEN ? WHEN ? THEN ? WHEN phase = 'live' THEN snapshot_rows ELSE snapshot_rows + ? END,
                  rejected = ? + CASE WHEN ? THEN ? WHEN phase = 'live' THEN rejected ELSE rejected + ? END, updated_at = clock_timestamp(),
                  analyzed_at = CASE WHEN ? THEN NULL ELSE analyzed_at END
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
                update.setLong(7, effect.rejectedLater);
                update.setBoolean(8, effect.restarts);
                update.setLong(9, effect.rejected);
                update.setLong(10, effect.rejected);
                update.setBoolean(11, effect.restarts);
                update.setString(12, pipeline);
                update.setString(13, entry.getKey());
                update.executeUpdate();
            }
        }
    }
}
