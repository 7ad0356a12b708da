package dev.sluice.producers.api;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a poll of the tail found. */
public final class Polled {
    private final @Nullable TransactionPart part;
    private final @Nullable Instant completeAsOf;

    private Polled(@Nullable TransactionPart part, @Nullable Instant completeAsOf) {
        this.part = part;
        this.completeAsOf = completeAsOf;
    }

    public static Polled part(TransactionPart part) {
        return new Polled(part, null);
    }

    /** The last part for now: with it, everything that the source committed before {@code asOf} has been given. So a source that is never idle is heard of, too. */
    public static Polled upToDate(TransactionPart part, Instant asOf) {
        if (!part.last()) {
            throw new IllegalArgumentException("transaction " + part.id() + " is not over");
        }
        return new Polled(part, asOf);
    }

    /** Nothing is left: everything that the source committed before {@code asOf} has been given by earlier polls. */
    public static Polled complete(Instant asOf) {
        return new Polled(null, asOf);
    }

    /** Nothing for now, without a statement about completeness (the source could not tell, or the bound of the poll is reached). */
    public static Polled nothing() {
        return new Polled(null, null);
    }

    public Optional<TransactionPart> part() {
        return Optional.ofNullable(part);
    }

    public Optional<Instant> completeAsOf() {
        return Optional.ofNullable(completeAsOf);
    }
}
