package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.Capabilities.Transactions;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.RowText;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a source as the publisher does, applies every record in the order of publication, and asks at every transaction boundary whether the store has
 * ever been in that state, later than at the boundary before. Rows whose snapshot is still to come may be missing; wrong ones are never allowed.
 */
final class Replay {
    private static final int CHUNK_ROWS = 4;
    private static final int MAX_RECORDS = 3;
    private static final int MAX_RECORD_BYTES = 4096;

    private final ChangeSource source;
    private final History history;
    private final SourceState target = SourceState.empty();
    private final Set<TableId> done = new HashSet<>();
    /** A table whose snapshot ends with the chunk that is being taken. */
    private @Nullable TableId atLast;
    /** The states that the target may stand for. */
    private Set<Integer> possible;

    Replay(ChangeSource source, History history) {
        this.source = source;
        this.history = history;
        this.possible = history.matching(target, done, i -> true);
    }

    /** Reads a chunk at its position, takes the tail up to there, then the chunk; returns the next cursor, null after the last. */
    byte[] chunk(Table table, byte[] cursor) {
        SnapshotChunk chunk = source.snapshot(table.id(), cursor, CHUNK_ROWS);
        assertThat(chunk.records()).as("rows of a chunk").hasSizeLessThanOrEqualTo(CHUNK_ROWS);
        if (chunk.isLast()) {
            atLast = table.id();
        }
        behindTail(chunk.position(), chunk.records(), table);
        return chunk.cursor();
    }

    /** As {@link #chunk(Table, byte[])}, of the rows for which a condition holds. */
    byte[] chunk(Table table, byte[] cursor, String condition) {
        SnapshotChunk chunk = source.snapshot(table.id(), cursor, CHUNK_ROWS, condition);
        assertThat(chunk.records()).as("rows of a chunk").hasSizeLessThanOrEqualTo(CHUNK_ROWS);
        behindTail(chunk.position(), chunk.records(), table);
        return chunk.cursor();
    }

    private void behindTail(Position position, List<SourceRecord> records, Table table) {
        boolean open = false;
        while (true) {
            Polled polled = source.poll(position, MAX_RECORDS);
            if (polled.part().isEmpty()) {
                break;
            }
            open = !polled.part().get().last();
            apply(polled.part().get());
            assertNotBeyond(position);
        }
        assertThat(open).as("a transaction is open at a chunk's position").isFalse();
        records.forEach(target::apply);
        if (atLast != null) {
            done.add(atLast);
            atLast = null;
        }
        Set<Integer> before = possible;
        possible = history.matching(target, done, before::contains);
        assertThat(possible)
                .as("what was read of %s is not the state at its position; after it: %s", table.id(), target)
                .isNotEmpty();
    }

    /** Reads keys at their position, takes the tail up to there, then what was read; returns how many keys were answered. */
    int keys(Table table, List<Object[]> keys) {
        KeyedRead read = source.read(table.id(), keys);
        assertThat(read.answered()).isBetween(1, keys.size());
        behindTail(read.position(), read.records(), table);
        for (int i = 0; i < read.answered(); i++) {
            String key = KeyText.of(keys.get(i));
            assertThat(read.records())
                    .as("records of %s", table.id())
                    .anyMatch(found -> key.equals(keyOf(table, found)));
        }
        return read.answered();
    }

    /** Reads keys at their position, takes the tail up to there, and asks whether what is said of them is what everything before has come to; returns how many keys were answered. */
    int compare(Table table, List<Object[]> keys) {
        KeyedRead read = source.read(table.id(), keys);
        behindTail(read.position(), List.of(), table);
        Map<String, Optional<String>> said = new HashMap<>();
        for (Compared piece :
                new ComparedPieces(MAX_RECORD_BYTES).of(table, keys.subList(0, read.answered()), read.records())) {
            assertThat(piece.refused()).isEmpty();
            piece.rows().forEach((key, row) -> assertThat(said.put(key, row)).isNull());
        }
        for (Object[] key : keys.subList(0, read.answered())) {
            List<Object> row = target.rows(table).get(KeyText.of(key));
            assertThat(said.remove(KeyText.of(key)))
                    .as("what is said of key %s of %s", KeyText.of(key), table.id())
                    .isEqualTo(Optional.ofNullable(row).map(values -> RowText.of(values.toArray())));
        }
        assertThat(said).isEmpty();
        return read.answered();
    }

    private static String keyOf(Table table, SourceRecord record) {
        SourceRecord.Row row = (SourceRecord.Row) record;
        return RecordText.key(table, row.op() == Op.DELETE ? row.before() : row.after());
    }

    /** One poll of the tail without a bound. */
    Polled follow() {
        Polled polled = source.poll(null, MAX_RECORDS);
        polled.part().ifPresent(this::apply);
        return polled;
    }

    SourceState target() {
        return target;
    }

    private void apply(TransactionPart part) {
        part.records().forEach(target::apply);
        if (!part.last()) {
            return;
        }
        int first = Collections.min(possible);
        Set<Integer> before = possible;
        possible = source.capabilities().transactions() == Transactions.EXACT
                ? history.matching(target, done, i -> before.contains(i - 1))
                : history.matching(target, done, i -> i >= first);
        assertThat(possible)
                .as("the store was never in the state at the end of transaction %s: %s", part.id(), target)
                .isNotEmpty();
    }

    private void assertNotBeyond(Position bound) {
        assertThat(source.position()).as("position of a bounded poll").isLessThanOrEqualTo(bound);
    }
}
