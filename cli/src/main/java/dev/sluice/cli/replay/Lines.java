package dev.sluice.cli.replay;

import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.Replay;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A line at every change of state, and now and then. */
final class Lines implements Watch {
    private static final Duration EVERY = Duration.ofSeconds(5);

    private final PrintWriter out;
    private final InstantSource clock;
    private final Map<Long, Line> last = new HashMap<>();

    private record Line(String state, Instant at, Instant since, long before) {
        private boolean isDue(String now, Instant time) {
            return !state.equals(now) || !time.isBefore(at.plus(EVERY));
        }
    }

    Lines(PrintWriter out, InstantSource clock) {
        this.out = out;
        this.clock = clock;
    }

    @Override
    public void show(List<Replay> replays, PipelineStatus status) {
        Instant now = clock.instant();
        for (Replay replay : replays) {
            String state = replay.state() + Watch.obstacle(replay, status);
            Line before = last.get(replay.id());
            if (replay.isUnderWay() && (before == null || before.isDue(state, now))) {
                Line line = before != null && before.state().equals(state)
                        ? new Line(state, now, before.since(), before.before())
                        : new Line(state, now, now, replay.done());
                last.put(replay.id(), line);
                out.println("lane " + replay.lane() + ": " + replay.progress() + toGo(replay, line, now)
                        + Watch.obstacle(replay, status));
                out.flush();
            }
        }
    }

    private static String toGo(Replay replay, @Nullable Line line, Instant now) {
        if (line == null || replay.done() <= line.before()) {
            return "";
        }
        double seconds = Duration.between(line.since(), now).toMillis() / 1e3;
        double perSecond = (replay.done() - line.before()) / Math.max(seconds, 1e-3);
        return String.format(
                Locale.ROOT, ", about %.0f s to go", (replay.total() - replay.done()) / Math.max(perSecond, 1e-3));
    }

    @Override
    public void close() {}
}
