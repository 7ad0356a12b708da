package dev.sluice.sinks.postgresql.catalog;

/**
 * A user trigger.
 *
 * @param state {@code O} enabled (origin), {@code D} disabled, {@code R} replica, {@code A} always: {@code pg_trigger.tgenabled}
 */
public record TargetTrigger(String name, String state) {
    public boolean enabled() {
        return !state.equals("D");
    }
}
