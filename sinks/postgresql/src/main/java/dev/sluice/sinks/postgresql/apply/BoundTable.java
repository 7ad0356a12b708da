package dev.sluice.sinks.postgresql.apply;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A table as some events were written, bound to the target's columns. Rows keep the writer's order of columns. Two bindings of one table are different
 * shapes; identity is equality.
 */
final class BoundTable {
    private final Table writer;
    private final TargetTable target;
    private final boolean guarded;
    private final List<TargetColumn> columns;
    private final int[] keyIndexes;
    private final int[] allIndexes;
    private final boolean[] defaults;
    private final boolean hasDefaults;
    private final DerivedColumns derived;

    private BoundTable(
            Table writer,
            TargetTable target,
            boolean guarded,
            List<TargetColumn> columns,
            Set<String> nullDefaults,
            DerivedColumns derived) {
        this.derived = derived;
        this.writer = writer;
        this.target = target;
        this.guarded = guarded;
        this.columns = columns;
        this.keyIndexes = writer.keyIndexes();
        this.allIndexes = new int[columns.size()];
        for (int i = 0; i < allIndexes.length; i++) {
            allIndexes[i] = i;
        }
        this.defaults = new boolean[columns.size()];
        for (int i = 0; i < defaults.length; i++) {
            defaults[i] = nullDefaults.contains(columns.get(i).name()) && takesDefault(i);
        }
        this.hasDefaults = IntStream.of(allIndexes).anyMatch(i -> defaults[i]);
    }

    private boolean takesDefault(int index) {
        TargetColumn column = columns.get(index);
        String name = column.name();
        return !column.nullable()
                && column.defaultExpression() != null
                && column.identity() == TargetColumn.Identity.NONE
                && !writer.primaryKey().contains(name)
                && target.foreignKeys().stream()
                        .noneMatch(key -> key.key().columns().contains(name));
    }

    /**
     * @param guarded whether the table was prepared with a column for sequences
     * @param nullDefaults columns whose NULL becomes the target's default, where it has one
     * @param derived columns that are computed from the row's others; what events bring for them does not count
     * @throws SluiceException of kind TARGET when the target cannot hold what the events say
     */
    static BoundTable of(
            Table writer, TargetTable target, boolean guarded, Set<String> nullDefaults, DerivedColumns derived) {
        List<TargetColumn> columns = new ArrayList<>();
        for (Column column : writer.columns()) {
            TargetColumn found = target.column(column.name())
                    .orElseThrow(() ->
                            mismatch(writer, "column " + column.name() + " of type " + column.nativeType(), "none"));
            if (found.generated() || found.type() != column.type()) {
                throw mismatch(
                        writer,
                        "column " + column.name() + " of type " + column.nativeType(),
                        (found.generated() ? "a generated one of type " : "one of type ") + found.nativeType());
            }
            columns.add(found);
        }
        if (!target.primaryKey().equals(writer.primaryKey())) {
            throw mismatch(writer, "primary key " + writer.primaryKey(), String.valueOf(target.primaryKey()));
        }
        if (guarded && !target.sequenceColumn()) {
            throw mismatch(writer, "column _sluice_seq", "none; run sluice prepare");
        }
        return new BoundTable(writer, target, guarded, columns, nullDefaults, derived);
    }

    private static SluiceException mismatch(Table writer, String expected, String found) {
        return SluiceException.of(
                ErrorKind.TARGET,
                "table " + writer.id() + " of the target does not match its events: they need " + expected
                        + ", the table has " + found
                        + ". Alter the table; a lane that has stopped goes on at the next start.");
    }

    TableId id() {
        return target.id();
    }

    Table writer() {
        return writer;
    }

    TargetTable target() {
        return target;
    }

    /** Whether each row says under which sequence it was written; otherwise only the cursor tells what has been applied, and nothing may be written before it. */
    boolean guarded() {
        return guarded;
    }

    List<TargetColumn> columns() {
        return columns;
    }

    TargetColumn column(int index) {
        return columns.get(index);
    }

    int[] keyIndexes() {
        return keyIndexes;
    }

    /** Every column, in the writer's order. */
    int[] allIndexes() {
        return allIndexes;
    }

    /** A key column has its value already, an identity that is always generated cannot be set afterwards, and what is computed is not brought. */
    boolean assignable(int index) {
        TargetColumn column = columns.get(index);
        return !writer.primaryKey().contains(column.name())
                && column.identity() != TargetColumn.Identity.ALWAYS
                && !derived.contains(column.name());
    }

    /** Columns that PostgreSQL computes from the row's others. */
    DerivedColumns derived() {
        return derived;
    }

    /** Those among them that may be NULL for a while, so that other rows of the statement can have their unique values. */
    List<DerivedColumns.Derived> emptiedDerived() {
        return derived.columns().stream()
                .filter(one -> one.column().nullable()
                        && target.uniqueKeys().stream()
                                .anyMatch(key ->
                                        key.columns().contains(one.column().name())))
                .toList();
    }

    boolean hasDefaults() {
        return hasDefaults;
    }

    /** Whether a NULL of the column becomes its default. */
    boolean defaultsNull(int index) {
        return defaults[index];
    }

    /** Whether some value of a row can only be told by PostgreSQL. Cheap. */
    boolean needsDefault(@Nullable Object[] row) {
        if (hasDefaults) {
            for (int i = 0; i < defaults.length; i++) {
                if (defaults[i] && row[i] == null) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Which of a row's delivered columns become their defaults. */
    int[] defaulted(@Nullable Object[] row, int[] delivered) {
        return IntStream.of(delivered)
                .filter(i -> defaults[i] && row[i] == null)
                .toArray();
    }

    /** Names of those columns that a row which is there already gets new values for. */
    Set<String> assigned(int[] indexes) {
        return IntStream.of(indexes)
                .filter(this::assignable)
                .mapToObj(index -> columns.get(index).name())
                .collect(Collectors.toSet());
    }

    int indexOf(String column) {
        return writer.indexOf(column);
    }

    @Override
    public String toString() {
        return target.id().toString();
    }
}
