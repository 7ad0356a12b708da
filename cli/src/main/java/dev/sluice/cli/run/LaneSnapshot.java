package dev.sluice.cli.run;

import dev.sluice.sinks.postgresql.SinkStatus;
import dev.sluice.streams.LaneStatus;
import org.jspecify.annotations.Nullable;

/**
 * What this process runs of one lane, at a moment.
 *
 * @param topology null when another process runs it
 * @param sink null when another process runs it
 * @param failure why the lane stopped by itself; null while it runs
 */
public record LaneSnapshot(
        String name,
        @Nullable LaneStatus topology,
        @Nullable SinkStatus sink,
        @Nullable String failure) {}
