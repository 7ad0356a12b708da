package dev.sluice.sinks.postgresql;

import dev.sluice.schemas.Topics;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.BackfillSettings;
import dev.sluice.sinks.postgresql.database.RetryPolicy;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/**
 * How a sink works.
 *
 * @param batchRows records of a batch at most, unless one source transaction alone has more; then it is streamed in pieces of this size
 * @param batchBytes bytes of a batch's records at most, likewise
 * @param batchTime how long a batch is collected while records keep coming
 * @param retry how long the target may be away before the sink gives up
 * @param nullDefaults columns whose NULL becomes the target's default, where they are NOT NULL and have one, and belong to no primary or foreign key
 * @param expressions SQL of columns that PostgreSQL computes from the row's others whenever it is written, by the target's name of the column
 */
public record SinkSettings(
        String pipeline,
        String lane,
        int batchRows,
        long batchBytes,
        Duration batchTime,
        RetryPolicy retry,
        BackfillSettings backfill,
        Map<TableId, Set<String>> nullDefaults,
        Map<TableId, Map<String, String>> expressions) {
    /** Set-based statements gain little beyond this, and a refused row is found in fewer steps. */
    public static final int DEFAULT_BATCH_ROWS = 5_000;
    /** The batch that is applied and the one read ahead stand in memory together. */
    public static final long DEFAULT_BATCH_BYTES = 16L << 20;

    public static final Duration DEFAULT_BATCH_TIME = Duration.ofMillis(200);
    /** A restart, a failover or a short maintenance passes without anybody being called. */
    public static final RetryPolicy DEFAULT_RETRY =
            new RetryPolicy(Duration.ofMinutes(10), Duration.ofMillis(100), Duration.ofSeconds(5));

    public SinkSettings {
        if (batchRows < 1 || batchBytes < 1) {
            throw new IllegalArgumentException("a batch holds at least one row and one byte");
        }
        nullDefaults = Map.copyOf(nullDefaults);
        expressions = Map.copyOf(expressions);
    }

    public static SinkSettings of(String pipeline) {
        return new SinkSettings(
                pipeline, Topics.MAIN_LANE, DEFAULT_BATCH_ROWS, DEFAULT_BATCH_BYTES, DEFAULT_BATCH_TIME, DEFAULT_RETRY);
    }

    /** Backfills as they are unless somebody says otherwise. */
    public SinkSettings(
            String pipeline, String lane, int batchRows, long batchBytes, Duration batchTime, RetryPolicy retry) {
        this(pipeline, lane, batchRows, batchBytes, batchTime, retry, BackfillSettings.DEFAULT, Map.of(), Map.of());
    }

    public SinkSettings with(BackfillSettings other) {
        return new SinkSettings(
                pipeline, lane, batchRows, batchBytes, batchTime, retry, other, nullDefaults, expressions);
    }

    public SinkSettings with(Map<TableId, Set<String>> defaults) {
        return new SinkSettings(
                pipeline, lane, batchRows, batchBytes, batchTime, retry, backfill, defaults, expressions);
    }

    public SinkSettings withExpressions(Map<TableId, Map<String, String>> derived) {
        return new SinkSettings(
                pipeline, lane, batchRows, batchBytes, batchTime, retry, backfill, nullDefaults, derived);
    }

    /** The topic it reads. */
    public String topic() {
        return new Topics(pipeline).ordered(lane);
    }
}
