package dev.sluice.verification;

import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Compares rows of one table as they are seen first: those of a chunk of the source with the target's, and what the target has more. Used by one thread. */
final class ChunkComparison {
    private final Table table;
    private final TargetTable target;
    private final RowComparison comparison;
    private final Sampling sampling;
    private final boolean respells;
    private final RowHash hash = new RowHash();

    ChunkComparison(TableTask task, TargetTable target, RowComparison comparison, Sampling sampling) {
        this.table = task.captured().target();
        this.target = target;
        this.comparison = comparison;
        this.sampling = sampling;
        this.respells = table.columns().stream().anyMatch(column -> column.type() == LogicalType.NATIVE);
    }

    /**
     * What was seen.
     *
     * @param candidates keys that are unequal as far as was seen
     * @param again those among them that came by before
     */
    record Seen(TableState.Sum sum, Set<String> candidates, Set<String> again) {
        Seen() {
            this(new TableState.Sum(), new LinkedHashSet<>(), new LinkedHashSet<>());
        }
    }

    /** Rows of a chunk that are compared, and the keys of all: first those of the rows, in their order. */
    private static final class Sorted {
        private final List<SourceRecord> rows = new ArrayList<>();
        private final List<@Nullable Object[]> keys = new ArrayList<>();
        private final List<@Nullable Object[]> otherKeys = new ArrayList<>();
    }

    /**
     * @param keys where the keys of the source are noted: all of them, whether their rows are compared or not, so that nothing that came by is taken for extra
     * @param takes whether PostgreSQL takes a key at all; one that it does not take is in no row of the target
     */
    Seen forward(Connection connection, SnapshotChunk chunk, String keys, Predicate<@Nullable Object[]> takes)
            throws SQLException {
        Seen seen = new Seen();
        Sorted sorted = sorted(chunk, takes, seen);
        List<@Nullable Object[]> all = new ArrayList<>(sorted.keys);
        all.addAll(sorted.otherKeys);
        TargetTable.Twins twins = target.note(connection, keys, all);
        seen.sum.noted = all.size();
        if (!sorted.rows.isEmpty()) {
            List<SourceRecord> rows = respells ? Respelling.of(connection, table, sorted.rows) : sorted.rows;
            compare(connection, rows, sorted.keys, twins, seen);
        }
        return seen;
    }

    private Sorted sorted(SnapshotChunk chunk, Predicate<@Nullable Object[]> takes, Seen seen) {
        Sorted sorted = new Sorted();
        for (SourceRecord record : chunk.records()) {
            if (record instanceof SourceRecord.Refused refused) {
                @Nullable Object[] key = Keys.parse(Keys.columns(table), refused.key());
                if (key != null && takes.test(key)) {
                    sorted.otherKeys.add(key);
                }
                if (sampling.takes(refused.key())) {
                    seen.candidates.add(refused.key());
                }
            } else if (record instanceof SourceRecord.Row row) {
                add(row, takes, sorted, seen);
            }
        }
        return sorted;
    }

    private void add(SourceRecord.Row row, Predicate<@Nullable Object[]> takes, Sorted sorted, Seen seen) {
        @Nullable Object[] key = SourceReader.key(table, row);
        boolean compared = sampling.takesAll() || sampling.takes(KeyText.of(key));
        boolean taken = takes.test(key);
        if (compared && taken) {
            sorted.rows.add(row);
            sorted.keys.add(key);
        } else if (taken) {
            sorted.otherKeys.add(key);
        } else if (compared) {
            seen.sum.source = seen.sum.source.plus(hash(row, null));
            seen.candidates.add(KeyText.of(key));
        }
    }

    /** All keys of a chunk. */
    List<@Nullable Object[]> keys(SnapshotChunk chunk) {
        Sorted sorted = sorted(chunk, key -> true, new Seen());
        sorted.keys.addAll(sorted.otherKeys);
        return sorted.keys;
    }

    private void compare(
            Connection connection,
            List<SourceRecord> rows,
            List<@Nullable Object[]> keys,
            TargetTable.Twins twins,
            Seen seen)
            throws SQLException {
        boolean[] found = new boolean[rows.size()];
        target.lookUp(connection, keys, (ordinal, there) -> {
            found[ordinal] = true;
            boolean twin = twins.all().contains(ordinal);
            compare((SourceRecord.Row) rows.get(ordinal), there, twin, keys.get(ordinal), seen);
        });
        for (int i = 0; i < found.length; i++) {
            if (twins.earlier().contains(i)) {
                seen.again.add(KeyText.of(keys.get(i)));
            }
            if (!found[i]) {
                seen.sum.source = seen.sum.source.plus(hash(((SourceRecord.Row) rows.get(i)), null));
                seen.candidates.add(KeyText.of(keys.get(i)));
            }
        }
    }

    private void compare(SourceRecord.Row row, TargetRow there, boolean twin, @Nullable Object[] key, Seen seen) {
        @Nullable Object[] here = Objects.requireNonNull(row.after(), "a snapshot holds rows");
        Checksum ofTarget = hash.of(comparison.canonical(there.values(), null));
        RowComparison.Unequal unequal = comparison.compare(row, here, there.values());
        seen.sum.target = seen.sum.target.plus(ofTarget);
        seen.sum.source = seen.sum.source.plus(unequal.forward().isEmpty() ? ofTarget : hash(row, there.values()));
        if (unequal.isNothing() && !twin) {
            seen.sum.matched++;
            seen.sum.sourceRows++;
            seen.sum.targetRows++;
        } else {
            seen.candidates.add(KeyText.of(key));
        }
    }

    private Checksum hash(SourceRecord.Row row, @Nullable Object @Nullable [] there) {
        @Nullable Object[] here = Objects.requireNonNull(row.after(), "a snapshot holds rows");
        return hash.of(comparison.canonical(here, there));
    }

    /** Rows of the target, from behind {@code last} to {@code end}, whose keys did not come by. */
    Seen backward(Connection connection, String keys, String @Nullable [] last, String @Nullable [] end)
            throws SQLException {
        Seen seen = new Seen();
        target.extras(connection, keys, last, end, (ordinal, row) -> {
            String key = target.keyText(row);
            if (sampling.takesAll() || sampling.takes(key)) {
                seen.sum.target = seen.sum.target.plus(hash.of(comparison.canonical(row.values(), null)));
                seen.candidates.add(key);
            }
        });
        return seen;
    }
}
