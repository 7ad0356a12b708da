package dev.sluice.verification;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Compares one table, forward and backward. */
final class TableComparison {
    private final ChangeSource source;
    private final Table table;
    private final Connection connection;
    private final Explanations explanations;
    private final ComparisonOptions options;
    private final Tally tally;
    private final RowHash hash = new RowHash();
    private final int[] keyIndexes;
    private final int[] defaulted;

    TableComparison(
            ChangeSource source,
            CapturedTable captured,
            Connection connection,
            Explanations explanations,
            ComparisonOptions options) {
        this.source = source;
        this.table = captured.target();
        this.connection = connection;
        this.explanations = explanations;
        this.options = options;
        this.tally = new Tally(options);
        this.keyIndexes = table.keyIndexes();
        this.defaulted = defaulted(captured);
    }

    /** Columns in which the target's default stands for NULL. */
    private static int[] defaulted(CapturedTable captured) {
        List<Column> columns = captured.target().columns();
        return IntStream.range(0, columns.size())
                .filter(i -> !columns.get(i).nullable() && columns.get(i).hasDefault())
                .filter(i -> captured.rules(columns.get(i).name()).of(OnNull.class) == OnNull.DEFAULT)
                .toArray();
    }

    TableReport run(Comparison.Listener listener) throws SQLException {
        try (TargetTable target = new TargetTable(connection, table)) {
            byte @Nullable [] cursor = null;
            do {
                SnapshotChunk chunk = source.snapshot(table.id(), cursor, options.chunkRows());
                compare(chunk, target);
                listener.compared(table.id(), tally.compared());
                cursor = chunk.cursor();
            } while (cursor != null);
            findExtras(target);
            target.forEachCollision(
                    (rows, key) -> tally.unequal(new Difference(Verdict.COLLIDING, KeyText.of(key)), rows - 1));
            return tally.report(table.id(), target.count());
        }
    }

    private void compare(SnapshotChunk chunk, TargetTable target) throws SQLException {
        tally.sourceRows(chunk.records().size());
        List<@Nullable Object[]> rows = new ArrayList<>(chunk.records().size());
        List<Difference> unequal = new ArrayList<>();
        for (SourceRecord record : chunk.records()) {
            if (record instanceof SourceRecord.Row row) {
                rows.add(Objects.requireNonNull(row.after(), "a snapshot holds rows")
                        .clone());
            } else if (record instanceof SourceRecord.Refused refused) {
                unequal.add(new Difference(Verdict.MISSING, refused.key()));
            }
        }
        respellNative(rows, target);
        compareRows(rows, target, unequal);
        note(unequal);
    }

    private void compareRows(List<@Nullable Object[]> rows, TargetTable target, List<Difference> unequal)
            throws SQLException {
        List<@Nullable Object[]> keys = new ArrayList<>(rows.size());
        List<@Nullable Object[]> canonical = new ArrayList<>(rows.size());
        for (@Nullable Object[] row : rows) {
            keys.add(keyOf(row));
            canonical.add(canonical(row));
        }
        boolean[] found = new boolean[rows.size()];
        if (!rows.isEmpty()) {
            target.lookUp(keys, (ordinal, row) -> {
                found[ordinal] = true;
                @Nullable Object[] there = canonical(row);
                tally.targetRow(hash.of(there));
                for (int index : defaulted) {
                    @Nullable Object[] here = canonical.get(ordinal);
                    here[index] = here[index] == null ? there[index] : here[index];
                }
                compareRow(keys.get(ordinal), canonical.get(ordinal), there, unequal);
            });
        }
        canonical.forEach(row -> tally.sourceRow(hash.of(row)));
        for (int i = 0; i < found.length; i++) {
            if (!found[i]) {
                unequal.add(new Difference(Verdict.MISSING, KeyText.of(keys.get(i))));
            }
        }
    }

    private void compareRow(
            @Nullable Object[] key, @Nullable Object[] here, @Nullable Object[] there, List<Difference> unequal) {
        List<String> columns = new ArrayList<>();
        List<@Nullable String> sourceValues = new ArrayList<>();
        List<@Nullable String> targetValues = new ArrayList<>();
        for (int i = 0; i < here.length; i++) {
            if (!Objects.equals(here[i], there[i])) {
                columns.add(table.columns().get(i).name());
                if (options.showValues()) {
                    sourceValues.add(Objects.toString(here[i], null));
                    targetValues.add(Objects.toString(there[i], null));
                }
            }
        }
        if (columns.isEmpty()) {
            tally.matched();
        } else {
            unequal.add(new Difference(Verdict.DIFFERENT, KeyText.of(key), columns, sourceValues, targetValues));
        }
    }

    private void findExtras(TargetTable target) throws SQLException {
        List<Difference> unequal = new ArrayList<>();
        target.forEachExtra((ordinal, row) -> {
            tally.targetRow(hash.of(canonical(row)));
            unequal.add(new Difference(Verdict.EXTRA, KeyText.of(keyOf(row))));
            if (unequal.size() >= options.chunkRows()) {
                note(unequal);
                unequal.clear();
            }
        });
        note(unequal);
    }

    private void note(List<Difference> unequal) throws SQLException {
        List<String> keys = unequal.stream().map(Difference::key).toList();
        Map<String, Verdict> explained = explanations.of(table.id(), keys);
        for (Difference difference : unequal) {
            Verdict verdict = explained.getOrDefault(difference.key(), difference.verdict());
            tally.unequal(
                    new Difference(
                            verdict,
                            difference.key(),
                            difference.columns(),
                            difference.sourceValues(),
                            difference.targetValues()),
                    1);
        }
    }

    /** PostgreSQL has several spellings for one value of many types; the one it prints is the one to compare. */
    private void respellNative(List<@Nullable Object[]> rows, TargetTable target) throws SQLException {
        for (int i = 0; i < table.columns().size(); i++) {
            Column column = table.columns().get(i);
            if (column.type() != LogicalType.NATIVE || rows.isEmpty()) {
                continue;
            }
            int index = i;
            List<@Nullable String> spelled = new ArrayList<>(rows.size());
            rows.forEach(row -> spelled.add((String) row[index]));
            List<@Nullable String> respelled = target.respell(column, spelled);
            for (int r = 0; r < rows.size(); r++) {
                rows.get(r)[index] = respelled.get(r);
            }
        }
    }

    private @Nullable Object[] keyOf(@Nullable Object[] row) {
        @Nullable Object[] key = new @Nullable Object[keyIndexes.length];
        for (int i = 0; i < key.length; i++) {
            key[i] = row[keyIndexes[i]];
        }
        return key;
    }

    private @Nullable Object[] canonical(@Nullable Object[] row) {
        @Nullable Object[] canonical = new @Nullable Object[row.length];
        for (int i = 0; i < row.length; i++) {
            canonical[i] = Canonical.of(table.columns().get(i), row[i]);
        }
        return canonical;
    }
}
