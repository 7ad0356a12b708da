package dev.sluice.producers.sqlite;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.producers.api.Selection;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the changes of one table stand in the log, under a number of its own: another list of columns is another layout, so that older rows of the log stay readable.
 *
 * @param columns captured columns: column {@code i} is {@code c<i>} in the log
 * @param key key columns: {@code k<i>} in the log
 * @param row by which a trigger finds the row that fired it, with the collation of the index; empty when it cannot
 * @param keyIndex the key's columns with the collation of the index that enforces the key; empty when none does
 * @param uniques unique constraints beside the key over which {@code REPLACE} can remove other rows
 * @param seen all columns that the table had when it was prepared, captured or not
 * @param current whether triggers write it
 * @param selected which rows travel; null for all, as it always was before
 * @param keyZones by key column the zone of its local times where that is not UTC; null for none, as it always was before
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Layout(
        int number,
        String table,
        List<String> columns,
        List<String> key,
        List<Collated> row,
        List<Collated> keyIndex,
        List<List<Collated>> uniques,
        List<String> seen,
        boolean current,
        @Nullable Selected selected,
        @Nullable Map<String, String> keyZones) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A column and the collation by which an index compares it; empty for the rowid. */
    record Collated(String column, String collation) {}

    /**
     * The table's {@link Selection}. Triggers log every row, so it says nothing about the log, but the target holds what it chose.
     *
     * @param where null for all rows
     * @param before whether the table was captured with another condition before, so that the target may hold rows for which this one does not hold
     */
    record Selected(@Nullable String where, Map<String, String> computed, boolean before) {
        static @Nullable Selected of(Selection selection) {
            return selection.isAll() ? null : new Selected(selection.where(), selection.computed(), false);
        }
    }

    Layout {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        row = List.copyOf(row);
        keyIndex = List.copyOf(keyIndex);
        uniques = uniques.stream().map(List::copyOf).toList();
        seen = List.copyOf(seen);
    }

    /** Whether triggers for the other layout would do the same. */
    boolean captures(Layout other) {
        return hasRowsOf(other)
                && row.equals(other.row)
                && keyIndex.equals(other.keyIndex)
                && uniques.equals(other.uniques)
                && selects(other);
    }

    /** Whether the same rows travel. */
    boolean selects(Layout other) {
        return Objects.equals(where(), other.where()) && computed().equals(other.computed());
    }

    @Nullable
    String where() {
        return selected == null ? null : selected.where;
    }

    Map<String, String> computed() {
        return selected == null ? Map.of() : selected.computed;
    }

    /** Whether the target may hold rows that are not selected any more. */
    boolean selectedMore() {
        return selected != null && selected.before;
    }

    /** Whether rows of the log mean the same in both. */
    boolean hasRowsOf(Layout other) {
        return table.equals(other.table) && columns.equals(other.columns) && key.equals(other.key);
    }

    Layout retired() {
        return new Layout(number, table, columns, key, row, keyIndex, uniques, seen, false, selected, keyZones);
    }

    /** The same, after another condition. */
    Layout afterAnother() {
        Selected now = selected == null ? null : new Selected(selected.where, selected.computed, true);
        return new Layout(number, table, columns, key, row, keyIndex, uniques, seen, current, now, keyZones);
    }

    Layout withNumber(int newNumber) {
        return new Layout(newNumber, table, columns, key, row, keyIndex, uniques, seen, current, selected, keyZones);
    }

    String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw SluiceException.of(ErrorKind.BUG, "the layout of table " + table + " cannot be written", e);
        }
    }

    static Layout ofJson(String json) {
        try {
            return JSON.readValue(json, Layout.class);
        } catch (JsonProcessingException e) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the capture's own table holds a layout that this version cannot read; it was changed, or a newer version of Sluice wrote it",
                    e);
        }
    }
}
