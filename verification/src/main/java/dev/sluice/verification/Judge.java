package dev.sluice.verification;

import dev.sluice.producers.api.SourceRecord;
import dev.sluice.schemas.relational.Table;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides what becomes of a key. An explanation has to fit what is there:
 *
 * <table>
 * <caption>Verdicts</caption>
 * <tr><th>source</th><th>target</th><th>explained by</th><th>verdict</th></tr>
 * <tr><td>none</td><td>none</td><td></td><td>equal</td></tr>
 * <tr><td>none</td><td>row</td><td>{@code hold} · newer dead letter · nothing</td><td>held · dead letter, discarded · extra</td></tr>
 * <tr><td>row</td><td>none</td><td>{@code wait} · dead letter · nothing</td><td>waiting · dead letter, discarded · missing</td></tr>
 * <tr><td>row</td><td>another</td><td>{@code stale} · {@code wait} with NULLs in the references that differ · newer dead letter · nothing</td><td>stale · waiting · dead letter, discarded · different</td></tr>
 * <tr><td>row</td><td>the same</td><td></td><td>equal, or misconverted</td></tr>
 * <tr><td>row that cannot be converted</td><td>none or any</td><td>dead letter · nothing</td><td>dead letter, discarded · missing, different</td></tr>
 * <tr><td>several rows</td><td>any</td><td></td><td>colliding</td></tr>
 * </table>
 *
 * <p>Pure; used by any thread.
 */
final class Judge {
    private static final String WAIT = "wait";
    private static final String STALE = "stale";
    private static final String HOLD = "hold";

    private final RowComparison comparison;
    /** Columns of foreign keys: the only ones in which a row can be written with NULL. */
    private final Set<Integer> referring;

    Judge(RowComparison comparison, Table table) {
        this.comparison = comparison;
        this.referring = table.foreignKeys().stream()
                .flatMap(key -> key.columns().stream())
                .map(table::indexOf)
                .collect(Collectors.toSet());
    }

    /** @param source the rows that the source has under the key, perhaps refused ones; deletes say that there is none */
    Judgement of(List<SourceRecord> source, @Nullable TargetRow target, Explanation why) {
        int there = target == null ? 0 : 1;
        SourceRecord only = null;
        int rows = 0;
        for (SourceRecord record : source) {
            boolean isRow = record instanceof SourceRecord.Refused
                    || (record instanceof SourceRecord.Row row && row.after() != null);
            if (isRow) {
                only = record;
                rows++;
            }
        }
        if (rows > 1) {
            return Judgement.of(Verdict.COLLIDING, rows, there);
        }
        if (only instanceof SourceRecord.Row row && row.after() != null) {
            return present(row, row.after(), target, why);
        }
        if (only == null) {
            return absent(target, why);
        }
        return Judgement.of(explained(why, target, target == null ? Verdict.MISSING : Verdict.DIFFERENT), 1, there);
    }

    private static Judgement absent(@Nullable TargetRow target, Explanation why) {
        if (target == null) {
            return Judgement.of(null, 0, 0);
        }
        return Judgement.of(why.waits(HOLD) ? Verdict.HELD : explained(why, target, Verdict.EXTRA), 0, 1);
    }

    private Judgement present(
            SourceRecord.Row row, @Nullable Object[] here, @Nullable TargetRow target, Explanation why) {
        if (target == null) {
            return Judgement.of(why.waits(WAIT) ? Verdict.WAITING : explained(why, null, Verdict.MISSING), 1, 0);
        }
        RowComparison.Unequal unequal = comparison.compare(row, here, target.values());
        if (unequal.isNothing()) {
            return Judgement.of(null, 1, 1);
        }
        if (!unequal.backward().isEmpty()) {
            return new Judgement(Verdict.MISCONVERTED, 1, 1, unequal.backward());
        }
        Verdict verdict = different(unequal.forward(), target, why);
        return new Judgement(verdict, 1, 1, unequal.forward());
    }

    /** A row that is written with NULL is the newest version but for that, whatever it was before. */
    private Verdict different(List<Integer> columns, TargetRow target, Explanation why) {
        boolean isNulled = why.nulled()
                && columns.stream().allMatch(column -> referring.contains(column) && target.values()[column] == null);
        if (isNulled) {
            return Verdict.WAITING;
        }
        return why.waits(STALE) && !why.nulled() ? Verdict.STALE : explained(why, target, Verdict.DIFFERENT);
    }

    private static Verdict explained(Explanation why, @Nullable TargetRow target, Verdict otherwise) {
        if (!why.hasLetterBehind(target)) {
            return otherwise;
        }
        return "open".equals(why.letter()) ? Verdict.DEAD_LETTER : Verdict.DISCARDED;
    }
}
