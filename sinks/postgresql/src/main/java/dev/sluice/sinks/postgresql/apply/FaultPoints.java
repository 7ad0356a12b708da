package dev.sluice.sinks.postgresql.apply;

/** Told between any two statements of the sink; a test throws from here to see that a crash at that point loses and doubles nothing. */
@FunctionalInterface
public interface FaultPoints {
    FaultPoints NONE = point -> {};

    /** @param point what comes next, e.g. {@code upsert public.orders} */
    void before(String point);
}
