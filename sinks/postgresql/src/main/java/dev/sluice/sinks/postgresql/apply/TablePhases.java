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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a batch does to {@code sluice.tables}: phases, counts of snapshots, and of changes that were followed. Rows that are read again later, one by one, look like rows of a snapshot; those of a table that is
 * loaded are not counted.
 */
final class TablePhases {
    private static final String LIVE = "live";
    private static final String LOADING = "loading";
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
        /** Something about phase or snapshot, not about followed changes alone. */
        private boolean loads;

        private long transformed;
        private long gone;
        private long upserts;
        private long deletes;
        private long upsertsTransformed;
    }

    private static final List<ToLongFunction<Effect>> NUMBERS = List.of(
            effect -> (effect.loads ? 1 : 0) + (effect.restarts ? 2 : 0),
            effect -> effect.total,
            effect -> effect.rows,
            effect -> effect.rejected,
            effect -> effect.rejectedLater,
            effect -> effect.transformed,
            effect -> effect.gone,
            effect -> effect.upserts,
            effect -> effect.deletes,
            effect -> effect.upsertsTransformed);

    /** Phases before the batch, once somebody has asked. */
    private @Nullable Map<String, String> before;

    void add(Control control) {
        if (control.table() == null) {
            return;
        }
        String table = control.table().toString();
        switch (control.kind()) {
            case SNAPSHOT_BEGIN -> {
                Effect fresh = new Effect();
                fresh.restarts = true;
                fresh.loads = true;
                fresh.phase = LOADING;
                effects.put(table, fresh);
                changed(control, table, fresh.phase);
            }
            case SNAPSHOT_END -> {
                Effect effect = effect(table);
                effect.phase = LIVE;
                effect.loads = true;
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
        return isLive(connection, pipeline, change.table().id().toString(), change.sequence());
    }

    private boolean isLive(Connection connection, String pipeline, String table, long sequence) throws SQLException {
        Map.Entry<Long, String> inBatch =
                changes.getOrDefault(table, new TreeMap<>()).lowerEntry(sequence);
        return inBatch != null
                ? inBatch.getValue().equals(LIVE)
                : LIVE.equals(before(connection, pipeline).get(table));
    }

    private Map<String, String> before(Connection connection, String pipeline) throws SQLException {
        Map<String, String> known = before;
        if (known == null) {
            known = new HashMap<>();
            String sql = "SELECT table_name, phase FROM sluice.tables WHERE pipeline = ?";
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                query.setString(1, pipeline);
                try (ResultSet rows = query.executeQuery()) {
                    while (rows.next()) {
                        known.put(rows.getString(1), rows.getString(2));
                    }
                }
            }
            before = known;
        }
        return known;
    }

    /** Whether a row that was read under a sequence of the batch is one of the table's present snapshot. To be asked before {@link #write}. */
    boolean counts(Connection connection, String pipeline, String table, long sequence) throws SQLException {
        boolean begunSince = changes.getOrDefault(table, new TreeMap<>())
                .tailMap(sequence, false)
                .containsValue(LOADING);
        return !begunSince && !isLive(connection, pipeline, table, sequence);
    }

    /** Changes that were applied. Those of snapshots count where a rule changed them; that they came is known already. */
    void addApplied(Connection connection, String pipeline, List<RowChange> applied) throws SQLException {
        for (RowChange change : applied) {
            if (change.evicts()) {
                continue;
            }
            if (!change.change().source().snapshot()) {
                addFollowed(change);
            } else if (change.fresh() && change.isTransformed() && !change.isNulled()) {
                String table = name(change.change().table());
                effect(table).transformed += counts(connection, pipeline, table, change.origin()) ? 1 : 0;
            }
        }
    }

    private void addFollowed(RowChange change) {
        Effect effect = effect(name(change.change().table()));
        switch (change.kind()) {
            case UPSERT, UPDATE -> {
                effect.upserts++;
                effect.upsertsTransformed += change.isTransformed() ? 1 : 0;
            }
            default -> effect.deletes++;
        }
    }

    /** Rows of a snapshot that were applied late, with a value that a rule changed. */
    void addTransformed(String table, long rows) {
        if (rows > 0) {
            effect(table).transformed += rows;
        }
    }

    /** Rows of a snapshot that the source deleted before they could be applied. */
    void addGone(String table, long rows) {
        if (rows > 0) {
            effect(table).gone += rows;
        }
    }

    /** @param nulled it was written, if not in full */
    void addEnded(String table, boolean nulled) {
        addTransformed(table, nulled ? 1 : 0);
        addGone(table, nulled ? 0 : 1);
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
            Effect effect = effect(table);
            effect.rows++;
            effect.loads = true;
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
            Effect effect = effect(table);
            effect.rows++;
            effect.rejected++;
            effect.loads = true;
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

    /** In one statement, whatever there is: a batch of followed changes is to cost no more than one. */
    void write(Connection connection, String pipeline, ArrayEncoder arrays, FaultPoints faults) throws SQLException {
        if (effects.isEmpty()) {
            return;
        }
        faults.before("table phases");
        String sql = """
                UPDATE sluice.tables t SET phase = coalesce(u.phase, t.phase),
                  snapshot_rows = CASE WHEN u.total >= 0 THEN u.total WHEN u.restarts THEN u.rows WHEN t.phase = 'live' THEN t.snapshot_rows ELSE t.snapshot_rows + u.rows END,
                  snapshot_came = CASE WHEN u.restarts THEN u.rows WHEN t.phase = 'live' THEN t.snapshot_came ELSE t.snapshot_came + u.rows END,
                  rejected = u.rejected_later + CASE WHEN u.restarts THEN u.rejected WHEN t.phase = 'live' THEN t.rejected ELSE t.rejected + u.rejected END,
                  snapshot_transformed = u.transformed + CASE WHEN u.restarts THEN 0 ELSE t.snapshot_transformed END,
                  snapshot_gone = u.gone + CASE WHEN u.restarts THEN 0 ELSE t.snapshot_gone END,
                  live_upserts = t.live_upserts + u.upserts, live_deletes = t.live_deletes + u.deletes,
                  live_transformed = t.live_transformed + u.upserts_transformed,
                  updated_at = CASE WHEN u.loads THEN clock_timestamp() ELSE t.updated_at END,
                  analyzed_at = CASE WHEN u.restarts THEN NULL ELSE t.analyzed_at END
                FROM (SELECT *, flags % 2 = 1 AS loads, flags > 1 AS restarts FROM unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[],
                    ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
                  AS n(table_name, phase, flags, total, rows, rejected, rejected_later, transformed, gone, upserts, deletes, upserts_transformed)) u
                WHERE t.pipeline = ? AND t.table_name = u.table_name""";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setArray(
                    1, arrays.texts(connection, effects.keySet().stream().toList()));
            List<@Nullable String> phases = new ArrayList<>();
            effects.values().forEach(effect -> phases.add(effect.phase));
            update.setArray(2, arrays.texts(connection, phases));
            int parameter = 3;
            for (ToLongFunction<Effect> number : NUMBERS) {
                List<Long> numbers =
                        effects.values().stream().map(number::applyAsLong).toList();
                update.setArray(parameter, arrays.longs(connection, numbers));
                parameter++;
            }
            update.setString(parameter, pipeline);
            update.executeUpdate();
        }
    }
}
