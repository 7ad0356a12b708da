package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A live store whose changes are followed. Used by one thread.
 *
 * <p><b>Snapshot meets tail without overlap.</b> The publisher reads a chunk at position P, publishes the tail up to P, publishes the chunk, and goes on:
 * the order of publication is a true serial order of the source. So {@link #poll} has an upper bound, and a chunk's rows are the state exactly at its
 * position.
 *
 * <p>Failures are {@link dev.sluice.runtime.SluiceException}s of kind {@code SOURCE}; a source that is not the one that was captured (restored from a
 * backup, another file, another timeline) is refused with kind {@code REFUSED}. A short lock is waited for; nothing is lost by either.
 */
public interface ChangeSource extends AutoCloseable {
    /** Most keys of one {@link #read}. */
    int MAX_KEYS = 1_000;

    Capabilities capabilities();

    /** A stable name of the kind, e.g. {@code sqlite}. */
    String connector();

    /** A name for people without secrets, e.g. the file's name. */
    String database();

    /** Captured tables, parents before children. */
    List<CapturedTable> tables();

    /**
     * Connects and stands behind {@code position}; null means the present.
     *
     * @throws dev.sluice.runtime.SluiceException kind {@code REFUSED} when the source does not know the position any more or never did
     */
    void open(@Nullable Position position);

    /** Where the tail stands: behind the last part that {@link #poll} gave. */
    Position position();

    /**
     * The next part of the tail. Never waits for changes. Memory is bounded by {@code maxRecords}, whatever the size of a transaction; only the two
     * records of a changed key may stay together and exceed it by one.
     *
     * <p>A poll with a bound says nothing about completeness, and its first empty answer means that no record up to the bound is left: a source that cannot
     * tell waits or fails.
     *
     * @param upTo never read beyond this position, which is one of a chunk and so ends a transaction; null for the present
     */
    Polled poll(@Nullable Position upTo, int maxRecords);

    /**
     * The next rows of a table's snapshot.
     *
     * @param cursor of the previous chunk; null for the first
     */
    SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows);

    /**
     * As {@link #snapshot(TableId, byte[], int)}, of the rows for which a condition holds; a chunk may be without rows and yet not the last. Asked only of a source
     * that declares {@code conditionalSnapshot}.
     *
     * @param condition has passed {@link #requireCondition}
     * @throws dev.sluice.runtime.SluiceException kind {@code CONFIGURATION}, with the source's own message, when the condition fails on a row or takes too long:
     *     whoever asked has to change it
     */
    default SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows, String condition) {
        throw new UnsupportedOperationException(connector() + " cannot read " + table + " under a condition");
    }

    /**
     * Whether a text is one condition about a table's rows, whole by itself. Reads and changes nothing. Asked only of a source that declares
     * {@code conditionalSnapshot}.
     *
     * @throws dev.sluice.runtime.SluiceException kind {@code CONFIGURATION}, with the source's own message, when it is none
     */
    default void requireCondition(TableId table, String condition) {
        throw new UnsupportedOperationException(connector() + " cannot read " + table + " under a condition");
    }

    /**
     * The present rows under these keys. Asked only of a source that declares {@code keyedRead}.
     *
     * @param keys at most {@value #MAX_KEYS}, each as {@link dev.sluice.schemas.event.Change#key()} has it, without NULL
     */
    default KeyedRead read(TableId table, List<@Nullable Object[]> keys) {
        throw new UnsupportedOperationException(connector() + " cannot read " + table + " by key");
    }

    /** How the source writes the values of a table's columns, for checks of the conversions; {@link Notation#UNKNOWN} where it does not say. */
    default Notation notation(TableId table) {
        return Notation.UNKNOWN;
    }

    /**
     * How many rows of a table travel at present, those among them that cannot be converted. Asked only for comparisons: it may go through the whole table.
     *
     * @return empty where it is not cheaper than a snapshot
     */
    default Optional<Counted> count(TableId table) {
        return Optional.empty();
    }

    /**
     * Answers a query in the source's own SQL, at one position. Reads and changes nothing. Asked only of a source that declares {@code sql}.
     *
     * @param maxRows more rows than these are an error
     * @throws dev.sluice.runtime.SluiceException kind {@code CONFIGURATION}, with the source's own message, when it is no single query, fails, takes too long, or gives too many rows
     */
    default QueryRows query(String sql, int maxRows) {
        throw new UnsupportedOperationException(connector() + " answers no SQL");
    }

    /**
     * Names the capture that a table's tail comes from; known once the source is open. Another name than before says that the tail has a gap in between, or rows
     * without some of the columns: the publisher then reads the table's snapshot from its beginning.
     */
    default String capture(TableId table) {
        return "";
    }

    /** About how many rows the table has, for progress only. */
    long estimateRows(TableId table);

    /**
     * Everything up to {@code position} is durable downstream; the source may forget it, and nothing behind it. Called now and then, from the polling
     * thread; the position may lie inside a large transaction.
     */
    void committed(Position position);

    @Override
    void close();
}
