package dev.sluice.cli.demo;

import java.time.Duration;

/** Where a person watches the demo. */
interface Screen extends AutoCloseable {
    /** A step of the demo, on a line of its own. */
    void say(String line);

    /** The backfill goes on. */
    void backfill(LiveView view, Duration since);

    /** The backfill has ended. */
    void backfilled(LiveView view);

    /** Changes are followed, {@code left} until the application stops; zero while the pipeline catches up. */
    void follow(LiveView view, double eventsPerSecond, Duration left);

    @Override
    void close();
}
