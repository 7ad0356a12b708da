package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.Capabilities.Transactions;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/**
 * Reads a source as the publisher does, applies every record in the order of publication, and asks at every transaction boundary whether the store has
 * ever been in that state, later than at the boundary before. Rows whose snapshot is still to come may be missing; wrong ones are never allowed.
 */
final class Replay {
    private static final int CHUNK_ROWS = 4;
    private static final int MAX_RECORDS = 3;

    private final ChangeSource source;
    private final History history;
    private final SourceState target = SourceState.empty();
    private final Set<TableId> done = new HashSet<>();
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
        boolean open = false;
        while (true) {
            Polled polled = source.poll(chunk.position(), MAX_RECORDS);
            if (polled.part().isEmpty()) {
                break;
            }
            open = !polled.part().get().last();
            apply(polled.part().get());
            assertNotBeyond(chunk.position());
        }
        assertThat(open).as("a transaction is open at a chunk's position").isFalse();
        chunk.records().forEach(target::apply);
        if (chunk.isLast()) {
            done.add(table.id());
        }
        Set<Integer> before = possible;
        possible = history.matching(target, done, before::contains);
        assertThat(possible)
                .as("a chunk of %s is not the state at its position; after it: %s", table.id(), target)
                .isNotEmpty();
        return chunk.cursor();
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
