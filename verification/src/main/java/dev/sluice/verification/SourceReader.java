package dev.sluice.verification;

import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.KeyedRead;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A source with the one thread that uses it, so that a chunk can be read while the one before is compared. At most one chunk is read ahead. */
final class SourceReader implements AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor(work -> {
        Thread reader = new Thread(work, "verify-source");
        reader.setDaemon(true);
        return reader;
    });
    private final ChangeSource source;

    /** @param sources gives an opened one, which is closed here */
    SourceReader(Supplier<ChangeSource> sources) {
        this.source = ask(sources::get);
    }

    /** What does not depend on where it stands. */
    ChangeSource description() {
        return source;
    }

    /** A chunk, and how long the source took for it. */
    record TimedChunk(SnapshotChunk chunk, Duration took) {}

    /** Begins to read a chunk. */
    Future<TimedChunk> begin(Table table, byte @Nullable [] cursor, int rows) {
        return thread.submit(() -> {
            long began = System.nanoTime();
            SnapshotChunk chunk = source.snapshot(table.id(), cursor, rows);
            return new TimedChunk(chunk, Duration.ofNanos(System.nanoTime() - began));
        });
    }

    /** Where the tail ends at present. */
    Position present() {
        return ask(() -> {
            source.open(null);
            return source.position();
        });
    }

    <T> T ask(Callable<T> question) {
        return await(thread.submit(question));
    }

    static <T> T await(Future<T> answer) {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.REFUSED, "interrupted; run this again, it goes on where it was", e);
        } catch (CancellationException e) {
            throw new IllegalStateException("nobody cancels a read", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("the source failed", e.getCause());
        }
    }

    /**
     * What the source has under these keys at present, by their texts.
     *
     * @param keys by text, without NULL
     */
    Map<String, List<SourceRecord>> read(Table table, Map<String, @Nullable Object[]> keys) {
        return ask(() -> {
            Map<String, List<SourceRecord>> found = new HashMap<>();
            Map<List<@Nullable Object>, String> asked = new HashMap<>();
            keys.forEach((text, key) -> {
                found.put(text, new ArrayList<>());
                asked.put(canonical(table, key), text);
            });
            List<@Nullable Object[]> all = new ArrayList<>(keys.values());
            for (int from = 0; from < all.size(); ) {
                int to = Math.min(all.size(), from + ChangeSource.MAX_KEYS);
                KeyedRead read = source.read(table.id(), all.subList(from, to));
                read.records().forEach(record -> add(table, record, asked, found));
                from += read.answered();
            }
            for (Map.Entry<String, List<SourceRecord>> key : found.entrySet()) {
                if (key.getValue().isEmpty()) {
                    // Its answer names it in another way, so it has to stand alone.
                    key.getValue()
                            .addAll(source.read(
                                            table.id(),
                                            List.<@Nullable Object[]>of(Objects.requireNonNull(keys.get(key.getKey()))))
                                    .records());
                }
            }
            return found;
        });
    }

    private static void add(
            Table table,
            SourceRecord record,
            Map<List<@Nullable Object>, String> asked,
            Map<String, List<SourceRecord>> found) {
        String text = record instanceof SourceRecord.Refused refused
                ? refused.key()
                : asked.get(canonical(table, key(table, (SourceRecord.Row) record)));
        List<SourceRecord> records = text == null ? null : found.get(text);
        if (records != null) {
            records.add(record);
        }
    }

    /** The key of a row that is there, or is not. */
    static @Nullable Object[] key(Table table, SourceRecord.Row row) {
        @Nullable
        Object[] values =
                Objects.requireNonNull(row.after() != null ? row.after() : row.before(), "a row has values or a key");
        int[] indexes = table.keyIndexes();
        @Nullable Object[] key = new @Nullable Object[indexes.length];
        for (int i = 0; i < key.length; i++) {
            key[i] = values[indexes[i]];
        }
        return key;
    }

    private static List<@Nullable Object> canonical(Table table, @Nullable Object[] key) {
        @Nullable Object[] canonical = new @Nullable Object[key.length];
        int[] indexes = table.keyIndexes();
        for (int i = 0; i < key.length; i++) {
            Column column = table.columns().get(indexes[i]);
            Object value = Canonical.of(column, key[i]);
            canonical[i] = value instanceof java.math.BigDecimal number ? number.stripTrailingZeros() : value;
        }
        return Arrays.asList(canonical);
    }

    static String text(Table table, SourceRecord.Row row) {
        return KeyText.of(key(table, row));
    }

    @Override
    public void close() {
        try {
            ask(() -> {
                source.close();
                return true;
            });
        } finally {
            thread.shutdown();
        }
    }
}
