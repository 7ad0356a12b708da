package dev.sluice.verification;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.Notation;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.Column;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compares rows of one table, value by value: as the conversion made them, and back in the source's notation where they are equal so far.
 *
 * <p>A NULL that the target's default stands for under {@code on-null: default} is equal to any value but NULL: what the default was when the row was written nobody knows.
 */
final class RowComparison {
    private final List<Column> columns;
    private final Notation notation;
    private final boolean[] defaulted;
    private final Canonical[] forms;

    /** @param notation of the table in its source */
    RowComparison(CapturedTable captured, Notation notation) {
        this.columns = captured.target().columns();
        this.notation = notation;
        this.forms = columns.stream().map(Canonical::to).toArray(Canonical[]::new);
        this.defaulted = new boolean[columns.size()];
        for (int i = 0; i < defaulted.length; i++) {
            Column column = columns.get(i);
            defaulted[i] = !column.nullable()
                    && column.hasDefault()
                    && captured.rules(column.name()).of(OnNull.class) == OnNull.DEFAULT;
        }
    }

    /**
     * Columns that are not equal, by their place.
     *
     * @param forward unequal as the conversion made them
     * @param backward equal so far, but not what the source holds
     */
    record Unequal(List<Integer> forward, List<Integer> backward) {
        static final Unequal NOTHING = new Unequal(List.of(), List.of());

        boolean isNothing() {
            return forward.isEmpty() && backward.isEmpty();
        }
    }

    /**
     * @param here of the source, in the order of the columns
     * @param there of the target
     */
    Unequal compare(@Nullable Object[] here, @Nullable Object[] there) {
        List<Integer> forward = List.of();
        for (int i = 0; i < here.length; i++) {
            if (!isEqual(i, here[i], there[i])) {
                forward = forward.isEmpty() ? new ArrayList<>() : forward;
                forward.add(i);
            }
        }
        return forward.isEmpty() ? Unequal.NOTHING : new Unequal(forward, List.of());
    }

    /** As above, and back where a row is equal so far. */
    Unequal compare(SourceRecord.Row row, @Nullable Object[] here, @Nullable Object[] there) {
        Unequal unequal = compare(here, there);
        @Nullable Object[] stored = row.stored();
        if (!unequal.isNothing() || stored == null) {
            return unequal;
        }
        Set<String> changed = changed(row);
        List<Integer> backward = List.of();
        for (int i = 0; i < there.length; i++) {
            boolean asked = !isDefault(i, here[i], there[i])
                    && !changed.contains(columns.get(i).name());
            if (asked && notation.compare(i, stored[i], there[i]) == Notation.Answer.OTHER) {
                backward = backward.isEmpty() ? new ArrayList<>() : backward;
                backward.add(i);
            }
        }
        return backward.isEmpty() ? unequal : new Unequal(List.of(), backward);
    }

    private static Set<String> changed(SourceRecord.Row row) {
        if (row.transformed().isEmpty()) {
            return Set.of();
        }
        Set<String> changed = new HashSet<>();
        for (Transformed value : row.transformed()) {
            if (!ColumnRules.isNotation(value.rule())) {
                changed.add(value.column());
            }
        }
        return changed;
    }

    /** Most values are equal as they are; what is not is brought into one form. */
    private boolean isEqual(int index, @Nullable Object here, @Nullable Object there) {
        if (here == null || there == null) {
            return here == there || isDefault(index, here, there);
        }
        if (here instanceof byte[] bytes && there instanceof byte[] others) {
            return Arrays.equals(bytes, others);
        }
        return here.equals(there) || Objects.equals(forms[index].of(here), forms[index].of(there));
    }

    private boolean isDefault(int index, @Nullable Object here, @Nullable Object there) {
        return defaulted[index] && here == null && there != null;
    }

    /** What a row is hashed as; NULLs that the target's default stands for as what the target holds. */
    @Nullable
    Object[] canonical(@Nullable Object[] row, @Nullable Object @Nullable [] there) {
        @Nullable Object[] canonical = new @Nullable Object[row.length];
        for (int i = 0; i < row.length; i++) {
            Object value = there != null && isDefault(i, row[i], there[i]) ? there[i] : row[i];
            canonical[i] = forms[i].of(value);
        }
        return canonical;
    }
}
