package dev.sluice.cli.demo;

import java.nio.file.Path;
import java.time.Duration;

/**
 * @param rows in the application's database at the beginning, about
 * @param writesPerSecond of the application, in rows
 * @param duration how long changes are followed after the backfill
 * @param directory empty and the demo's own
 * @param delete whether the directory goes away at the end
 * @param latency whether every transaction of the application says when it was committed
 */
record DemoOptions(
        long rows, double writesPerSecond, Duration duration, Path directory, boolean delete, boolean latency) {
    Path database() {
        return directory.resolve("app.db");
    }

    Path configuration() {
        return directory.resolve("sluice.yaml");
    }

    Path dataDirectory() {
        return directory.resolve(".sluice");
    }
}
