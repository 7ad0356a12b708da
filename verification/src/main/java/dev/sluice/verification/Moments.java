package dev.sluice.verification;

import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.RowText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Settles keys that no round could tell by compare events: there both sides are of one moment of the one order. */
final class Moments {
    private final Table table;
    private final SourceReader source;
    private final TargetSessions sessions;
    private final TargetTable target;
    private final Ledger ledger;
    private final Passage passage;
    private final Judge judge;
    private final DifferenceWriter differences;
    private final List<Column> keyColumns;

    Moments(
            Table table,
            SourceReader source,
            TargetSessions sessions,
            TargetTable target,
            Ledger ledger,
            Passage passage,
            Judge judge,
            DifferenceWriter differences) {
        this.table = table;
        this.source = source;
        this.sessions = sessions;
        this.target = target;
        this.ledger = ledger;
        this.passage = passage;
        this.judge = judge;
        this.differences = differences;
        this.keyColumns = Keys.columns(table);
    }

    /** Adds what becomes of each of the keys. */
    void settle(List<String> keys, Map<String, Settled> settled) {
        int most = ChangeSource.MAX_KEYS;
        for (int from = 0; from < keys.size(); from += most) {
            for (Passage.Moment moment :
                    passage.compare(table.id(), keys.subList(from, Math.min(keys.size(), from + most)))) {
                Map<String, TargetRow> equal = new HashMap<>();
                settled.putAll(sessions.inTransaction(connection -> compared(connection, moment, equal)));
                bringBack(equal, settled);
                passage.forget(moment.signal());
            }
        }
        for (String key : keys) {
            settled.computeIfAbsent(key, k -> new Settled(k, 0, 0, new Difference(Verdict.UNSETTLED, k)));
        }
    }

    /** Both sides at the place of a compare event. */
    private Map<String, Settled> compared(Connection connection, Passage.Moment moment, Map<String, TargetRow> equal)
            throws SQLException {
        Map<String, Settled> settled = new HashMap<>();
        Map<String, TargetTable.Kept> kept = target.kept(connection, ledger.pipeline(), moment.signal());
        Map<String, List<SourceRecord>> rows = new HashMap<>();
        moment.source()
                .rows()
                .forEach((key, text) ->
                        rows.put(key, text.map(this::row).stream().toList()));
        Map<String, List<SourceRecord>> respelled = Respelling.of(connection, table, rows);
        for (Map.Entry<String, List<SourceRecord>> entry : respelled.entrySet()) {
            String key = entry.getKey();
            TargetTable.Kept there = kept.get(KeyText.stored(key));
            if (there == null || there.why().loading()) {
                continue;
            }
            List<SourceRecord> here = entry.getValue();
            Judgement judgement = judge.of(here, there.row(), there.why());
            settled.put(key, differences.of(key, judgement, here, there.row()));
            if (judgement.isEqual() && there.row() != null) {
                equal.put(key, there.row());
            }
        }
        for (var entry : moment.source().refused().entrySet()) {
            refused(entry.getKey(), entry.getValue(), kept.get(KeyText.stored(entry.getKey())), settled);
        }
        return settled;
    }

    private SourceRecord row(String text) {
        return SourceRecord.Row.upsert(table, Op.READ, RowText.parse(table.columns(), text));
    }

    /** A compare event does not carry what the source stores; where the row is still the same there, it is read for that. */
    private void bringBack(Map<String, TargetRow> equal, Map<String, Settled> settled) {
        Map<String, @Nullable Object[]> keys = new LinkedHashMap<>();
        for (String key : equal.keySet()) {
            @Nullable Object[] parsed = Keys.parse(keyColumns, key);
            if (parsed != null) {
                keys.put(key, parsed);
            }
        }
        if (keys.isEmpty()) {
            return;
        }
        Map<String, List<SourceRecord>> read = source.read(table, keys);
        Map<String, List<SourceRecord>> here =
                sessions.inTransaction(connection -> Respelling.of(connection, table, read));
        equal.forEach((key, row) -> {
            List<SourceRecord> records = here.getOrDefault(key, List.of());
            Judgement judgement = judge.of(records, row, Explanation.NONE);
            if (judgement.verdict() == Verdict.MISCONVERTED) {
                settled.put(key, differences.of(key, judgement, records, row));
            }
        });
    }

    private void refused(String key, String reason, TargetTable.@Nullable Kept there, Map<String, Settled> settled) {
        int rows = there == null || there.row() == null ? 0 : 1;
        if (reason.equals(Compared.SEVERAL_ROWS)) {
            settled.put(key, new Settled(key, 2, rows, new Difference(Verdict.COLLIDING, key)));
        } else if (there != null && !there.why().loading() && !reason.equals(Compared.TOO_LARGE)) {
            SourceRecord record =
                    new SourceRecord.Refused(table.id(), Op.READ, key, null, reason, reason, new byte[0], "none");
            Judgement judgement = judge.of(List.of(record), there.row(), there.why());
            settled.put(key, differences.of(key, judgement, List.of(record), there.row()));
        }
    }
}
