package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Polls a source until it has no more to give. */
final class TailReader {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private TailReader() {}

    /** All parts up to the present: ends when the source says that it is complete. */
    static List<TransactionPart> toPresent(ChangeSource source, int maxRecords) {
        List<TransactionPart> parts = new ArrayList<>();
        completeAfter(source, maxRecords, parts);
        return parts;
    }

    /** The same; adds the parts to {@code parts} and returns what the source said in the end. */
    static Instant completeAfter(ChangeSource source, int maxRecords, List<TransactionPart> parts) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (true) {
            Polled polled = source.poll(null, maxRecords);
            if (polled.part().isPresent()) {
                add(source, polled.part().get(), maxRecords, parts);
            } else if (polled.completeAsOf().isPresent()) {
                return polled.completeAsOf().get();
            } else {
                assertThat(System.nanoTime())
                        .as("the source never says that its tail is complete")
                        .isLessThan(deadline);
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    /** All parts up to a position; the first empty answer is the end. */
    static List<TransactionPart> upTo(ChangeSource source, @Nullable Position upTo, int maxRecords) {
        List<TransactionPart> parts = new ArrayList<>();
        while (true) {
            Polled polled = source.poll(upTo, maxRecords);
            if (polled.part().isEmpty()) {
                return parts;
            }
            add(source, polled.part().get(), maxRecords, parts);
        }
    }

    private static void add(ChangeSource source, TransactionPart part, int maxRecords, List<TransactionPart> parts) {
        assertThat(part.records())
                .as("records of one part (a changed key's two may stay together)")
                .hasSizeLessThanOrEqualTo(maxRecords + 1);
        assertThat(source.position()).as("position behind a part").isEqualTo(part.end());
        parts.add(part);
    }
}
