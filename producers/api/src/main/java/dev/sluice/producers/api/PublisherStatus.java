package dev.sluice.producers.api;

import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a publisher has done, as of its last commit. Counters begin at this start; a snapshot's rows and rejected rows go on over restarts.
 *
 * @param nextSequences by lane: of its next event
 * @param tables in the order in which they are read
 * @param latestComplete everything that the source committed before is published, in every lane; null when that is not known yet
 * @param position of the source's tail, as text; empty before the source was opened
 * @param events published
 * @param transactions Kafka transactions committed
 */
public record PublisherStatus(
        Phase phase,
        Map<String, Long> nextSequences,
        List<TableStatus> tables,
        @Nullable Instant latestComplete,
        String position,
        long events,
        long transactions) {
    /** What a publisher is at. */
    public enum Phase {
        STARTING,
        SNAPSHOT,
        FOLLOWING,
        STOPPED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One table.
     *
     * @param rowsRead of the snapshot, rejected ones included
     * @param rowsEstimated when the publisher started; for progress only
     * @param done whether the snapshot is published
     * @param rejected records of the snapshot, and of the tail since this start
     */
    public record TableStatus(TableId table, long rowsRead, long rowsEstimated, boolean done, long rejected) {}

    public PublisherStatus {
        nextSequences = Map.copyOf(nextSequences);
        tables = List.copyOf(tables);
    }

    /** Of a pipeline with lane {@code main} alone. */
    public PublisherStatus(
            Phase phase,
            long nextSequence,
            List<TableStatus> tables,
            @Nullable Instant latestComplete,
            String position,
            long events,
            long transactions) {
        this(phase, Map.of(LaneLayout.MAIN, nextSequence), tables, latestComplete, position, events, transactions);
    }

    /** Of the next event of the only lane; with several lanes their sum, which still grows with every event. */
    public long nextSequence() {
        return nextSequences.values().stream().mapToLong(Long::longValue).sum();
    }

    public Optional<Instant> completeAsOf() {
        return Optional.ofNullable(latestComplete);
    }

    static PublisherStatus starting(Map<String, Long> nextSequences) {
        return new PublisherStatus(Phase.STARTING, nextSequences, List.of(), null, "", 0, 0);
    }

    PublisherStatus stopped() {
        return new PublisherStatus(
                Phase.STOPPED, nextSequences, tables, latestComplete, position, events, transactions);
    }
}
