package dev.sluice.streams.testing;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Events with everything in them that is not the test's subject. */
public final class Events {
    public static final String PIPELINE = "shop";
    public static final String INCARNATION = "incarnation-1";

    private Events() {}

    public static Change upsert(Table table, long sequence, boolean last, Object... row) {
        return partial(table, sequence, last, Set.of(), row);
    }

    /** A row of a snapshot or of a refresh. */
    public static Change read(Table table, long sequence, boolean last, @Nullable Object... row) {
        return new Change(
                table, Op.READ, null, row, Set.of(), source(sequence, true), transaction(sequence, last), sequence);
    }

    public static Change partial(Table table, long sequence, boolean last, Set<String> unchanged, Object... row) {
        return new Change(
                table, Op.UPDATE, null, row, unchanged, source(sequence), transaction(sequence, last), sequence);
    }

    /** @param row at least the key's columns, at their places */
    public static Change delete(Table table, long sequence, boolean last, Object... row) {
        return new Change(
                table, Op.DELETE, row, null, Set.of(), source(sequence), transaction(sequence, last), sequence);
    }

    public static Change truncate(Table table, long sequence, boolean last) {
        return new Change(
                table, Op.TRUNCATE, null, null, Set.of(), source(sequence), transaction(sequence, last), sequence);
    }

    public static Control heartbeat(long sequence) {
        return control(Control.Kind.HEARTBEAT, null, sequence);
    }

    public static Control snapshotEnd(Table table, long sequence) {
        return control(Control.Kind.SNAPSHOT_END, table.id(), sequence);
    }

    /** What the source holds under one key. */
    public static Control compare(Table table, long sequence, String key, String row) {
        Map<String, String> says = new Compared(Map.of(key, Optional.of(row)), Map.of()).attributes();
        return new Control(
                Control.Kind.COMPARE,
                "signal",
                table.id(),
                says,
                source(sequence),
                transaction(sequence, true),
                sequence);
    }

    private static Control control(Control.Kind kind, @Nullable TableId table, long sequence) {
        return new Control(kind, null, table, Map.of(), source(sequence), transaction(sequence, true), sequence);
    }

    public static Source source(long sequence) {
        return source(sequence, false);
    }

    private static Source source(long sequence, boolean snapshot) {
        byte[] position = ByteBuffer.allocate(9).put((byte) 1).putLong(sequence).array();
        return new Source(
                INCARNATION,
                "test",
                "test.db",
                sequence,
                Position.of(position),
                1_700_000_000_000L + sequence,
                snapshot);
    }

    private static Transaction transaction(long sequence, boolean last) {
        return new Transaction("t" + sequence, 1, 1, last);
    }
}
