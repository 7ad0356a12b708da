package dev.sluice.verification;

import dev.sluice.producers.api.SourceRecord;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says of keys that were unequal when they were seen whether they are: in rounds, each of which reads the source, waits until the target has applied what the source held then, and reads the target; what no round can tell, by a compare event.
 *
 * <table>
 * <caption>A key that is unequal in a round, while the pipeline runs</caption>
 * <tr><td>no event has touched the target's row since before the source was read</td><td>final</td></tr>
 * <tr><td>the source gave the same as in the round before, or it was the third round</td><td>compare event</td></tr>
 * <tr><td>otherwise</td><td>next round</td></tr>
 * </table>
 */
final class Settler {
    private static final int ROUNDS = 3;

    private final TableTask task;
    private final Table table;
    private final SourceReader source;
    private final TargetSessions sessions;
    private final TargetTable target;
    private final Ledger ledger;
    private final Passage passage;
    private final boolean live;
    private final Judge judge;
    private final PageSize size;
    private final List<Column> keyColumns;
    private final DifferenceWriter differences;
    private final Moments moments;

    Settler(
            TableTask task,
            SourceReader source,
            TargetSessions sessions,
            TargetTable target,
            Ledger ledger,
            Passage passage,
            boolean live,
            Judge judge,
            PageSize size,
            boolean showValues) {
        this.size = size;
        this.live = live;
        this.task = task;
        this.table = task.captured().target();
        this.source = source;
        this.sessions = sessions;
        this.target = target;
        this.ledger = ledger;
        this.passage = passage;
        this.judge = judge;
        this.differences = new DifferenceWriter(task, showValues);
        this.keyColumns = Keys.columns(table);
        this.moments = new Moments(table, source, sessions, target, ledger, passage, judge, differences);
    }

    /**
     * @param begun the lane's applied sequence when the comparison of the table began
     * @return in the order of the keys
     */
    List<Settled> settle(List<String> keys, long begun) {
        Map<String, Settled> settled = new HashMap<>();
        Map<String, @Nullable Object[]> open = new LinkedHashMap<>();
        List<String> nameless = new ArrayList<>();
        for (String key : keys) {
            @Nullable Object[] parsed = Keys.parse(keyColumns, key);
            if (parsed == null) {
                nameless.add(key);
            } else {
                open.put(key, parsed);
            }
        }
        if (!nameless.isEmpty()) {
            explain(nameless, settled);
        }
        Set<String> hot = live ? rounds(open, begun, settled) : atRest(open, settled);
        moments.settle(List.copyOf(hot), settled);
        return keys.stream()
                .map(key -> Objects.requireNonNull(settled.get(key)))
                .toList();
    }

    /** What both sides say in a round. */
    private record Look(
            Map<String, List<SourceRecord>> source, Map<String, TargetRow> target, Map<String, Explanation> why) {
        Explanation why(String key) {
            return why.getOrDefault(KeyText.stored(key), Explanation.NONE);
        }
    }

    private Set<String> atRest(Map<String, @Nullable Object[]> open, Map<String, Settled> settled) {
        Look look = look(open);
        for (String key : open.keySet()) {
            Judgement judgement = judge(look, key);
            settled.put(key, differences.of(key, judgement, look.source.get(key), look.target.get(key)));
        }
        return Set.of();
    }

    /** The keys that no round could tell. */
    private Set<String> rounds(Map<String, @Nullable Object[]> keys, long begun, Map<String, Settled> settled) {
        Map<String, @Nullable Object[]> open = new LinkedHashMap<>(keys);
        Set<String> hot = new LinkedHashSet<>();
        Map<String, Integer> before = new HashMap<>();
        for (int round = 1; round <= ROUNDS && !open.isEmpty(); round++) {
            long applied = sessions.inTransaction(connection -> ledger.facts().applied(connection, task.lane()));
            Look look = look(open);
            Map<String, @Nullable Object[]> next = new LinkedHashMap<>();
            for (Map.Entry<String, @Nullable Object[]> entry : open.entrySet()) {
                String key = entry.getKey();
                Judgement judgement = judge(look, key);
                TargetRow row = look.target.get(key);
                List<SourceRecord> records = look.source.getOrDefault(key, List.of());
                int hash = hash(records);
                Integer last = before.put(key, hash);
                if (isFinal(judgement, row, look.why(key), applied)) {
                    settled.put(key, differences.of(key, judgement, records, row));
                } else if (judgement.verdict() == Verdict.EXTRA && !isSpeltAlike()) {
                    // The source may have it under another spelling. It had not, if no event has touched it since all
                    // of the source was read.
                    boolean proven = isUntouched(row, look.why(key), begun);
                    settled.put(
                            key,
                            differences.of(key, proven ? judgement : judgement.as(Verdict.UNSETTLED), records, row));
                } else if (round == ROUNDS || (last != null && last == hash)) {
                    hot.add(key);
                } else {
                    next.put(key, entry.getValue());
                }
            }
            open = next;
        }
        return hot;
    }

    private boolean isFinal(Judgement judgement, @Nullable TargetRow row, Explanation why, long applied) {
        Verdict verdict = judgement.verdict();
        if (verdict == null || verdict == Verdict.MISCONVERTED || verdict == Verdict.COLLIDING || verdict.explained()) {
            return true;
        }
        return isUntouched(row, why, applied) && (verdict != Verdict.EXTRA || isSpeltAlike());
    }

    private boolean isSpeltAlike() {
        return ExtraKeys.areSpeltAlike(keyColumns);
    }

    /** Whether no event up to now has touched the row since a sequence was applied. */
    private static boolean isUntouched(@Nullable TargetRow row, Explanation why, long since) {
        return row != null && row.sequence() != TargetSql.NO_SEQUENCE && row.sequence() <= since && !why.loading();
    }

    private static int hash(List<SourceRecord> records) {
        int hash = 1;
        for (SourceRecord record : records) {
            Object[] values = record instanceof SourceRecord.Row row ? row.after() : null;
            hash = 31 * hash + (values == null ? record.op().hashCode() : Arrays.deepHashCode(values));
        }
        return hash;
    }

    private Judgement judge(Look look, String key) {
        return judge.of(look.source.getOrDefault(key, List.of()), look.target.get(key), look.why(key));
    }

    private Look look(Map<String, @Nullable Object[]> keys) {
        Map<String, List<SourceRecord>> here = source.read(table, keys);
        size.read(here.values().stream().flatMap(List::stream).toList());
        if (live) {
            passage.awaitPresent(table.id());
        }
        try {
            return look(here, keys);
        } catch (SluiceException e) {
            if (!DataErrors.isOne(e)) {
                throw e;
            }
            return look(here, takable(keys));
        }
    }

    /** Without those that PostgreSQL does not take: no row of the target has them. */
    private Map<String, @Nullable Object[]> takable(Map<String, @Nullable Object[]> keys) {
        List<String> texts = List.copyOf(keys.keySet());
        Set<Integer> untakable =
                sessions.inTransaction(connection -> target.untakable(connection, null, List.copyOf(keys.values())));
        Map<String, @Nullable Object[]> takable = new LinkedHashMap<>(keys);
        untakable.forEach(place -> takable.remove(texts.get(place)));
        return takable;
    }

    private Look look(Map<String, List<SourceRecord>> here, Map<String, @Nullable Object[]> keys) {
        return sessions.inTransaction(connection -> {
            Snapshots.begin(connection);
            List<String> texts = List.copyOf(keys.keySet());
            Map<String, TargetRow> there = new HashMap<>();
            target.lookUp(connection, List.copyOf(keys.values()), (ordinal, row) -> there.put(texts.get(ordinal), row));
            boolean loading = ledger.facts().isLoading(connection, table.id(), task.lane());
            List<String> asked = stored(List.copyOf(here.keySet()));
            Map<String, Explanation> why =
                    Explanation.read(connection, ledger.pipeline(), table.id().toString(), asked, loading);
            explainBySource(connection, here, why, loading);
            return new Look(Respelling.of(connection, table, here), there, why);
        });
    }

    /** Of keys that the target gave, the pipeline speaks in the source's spelling: of numbers, without the zeros that the target's scale adds. */
    private void explainBySource(
            Connection connection, Map<String, List<SourceRecord>> here, Map<String, Explanation> why, boolean loading)
            throws SQLException {
        boolean decimal = keyColumns.stream().anyMatch(column -> column.type() == LogicalType.DECIMAL);
        if (!decimal) {
            return;
        }
        Map<String, String> shortest = new HashMap<>();
        for (String key : here.keySet()) {
            String other = Keys.withoutZeros(keyColumns, key);
            if (!other.equals(key)) {
                shortest.put(KeyText.stored(other), KeyText.stored(key));
            }
        }
        Explanation.read(connection, ledger.pipeline(), table.id().toString(), shortest.keySet(), loading)
                .forEach((key, explanation) ->
                        why.merge(Objects.requireNonNull(shortest.get(key)), explanation, Explanation::and));
    }

    private static List<String> stored(List<String> keys) {
        return keys.stream().map(KeyText::stored).toList();
    }

    /** Rows without a name that could be asked for: only what the pipeline says of them is known. */
    private void explain(List<String> keys, Map<String, Settled> settled) {
        if (live) {
            passage.awaitPresent(table.id());
        }
        Map<String, Explanation> why = sessions.inTransaction(connection ->
                Explanation.read(connection, ledger.pipeline(), table.id().toString(), stored(keys), false));
        Set<String> over = sessions.inTransaction(connection ->
                Explanation.over(connection, ledger.pipeline(), table.id().toString(), stored(keys)));
        for (String key : keys) {
            String letter =
                    why.getOrDefault(KeyText.stored(key), Explanation.NONE).letter();
            if (letter == null && over.contains(KeyText.stored(key))) {
                // Its row was corrected, or is gone: under that key there is none any more.
                settled.put(key, new Settled(key, 0, 0, null));
                continue;
            }
            Verdict unexplained = live ? Verdict.UNSETTLED : Verdict.MISSING;
            Verdict explained = "open".equals(letter) ? Verdict.DEAD_LETTER : Verdict.DISCARDED;
            Verdict verdict = letter == null ? unexplained : explained;
            settled.put(key, new Settled(key, 1, 0, new Difference(verdict, key)));
        }
    }
}
