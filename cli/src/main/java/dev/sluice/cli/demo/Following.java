package dev.sluice.cli.demo;

import dev.sluice.cli.run.Pipeline;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Watches a pipeline through backfill, following and drain, and keeps the figures. Used by one thread. */
final class Following {
    private static final Duration TICK = Duration.ofMillis(100);
    private static final Duration RATE_WINDOW = Duration.ofSeconds(1);
    private static final Duration STUCK = Duration.ofMinutes(2);

    private final Pipeline pipeline;
    private final WriterProcess writer;
    private final Screen screen;
    private final Interruption interruption;
    private final InstantSource clock;
    private final Percentiles lag = new Percentiles();
    private Duration backfill = Duration.ZERO;
    private Duration followed = Duration.ZERO;
    private long backfilledRows;
    private long events;
    private Instant rateSince = Instant.MIN;
    private long rateFrom;
    private double eventsPerSecond;

    Following(Pipeline pipeline, WriterProcess writer, Screen screen, Interruption interruption, InstantSource clock) {
        this.pipeline = pipeline;
        this.writer = writer;
        this.screen = screen;
        this.interruption = interruption;
        this.clock = clock;
    }

    /** Returns when every table's snapshot is applied. */
    void backfill() {
        Instant begin = clock.instant();
        LiveView view = look();
        while (!view.backfilled()) {
            screen.backfill(view, Duration.between(begin, view.at()));
            tick();
            writer.checkAlive();
            view = look();
        }
        screen.backfilled(view);
        backfill = Duration.between(begin, view.at());
        backfilledRows = view.rows();
    }

    void follow(Duration duration) {
        LiveView first = look();
        Instant end = first.at().plus(duration);
        LiveView view = first;
        while (view.at().isBefore(end)) {
            view.lag().ifPresent(lag::add);
            screen.follow(view, rate(view), Duration.between(view.at(), end));
            tick();
            writer.checkAlive();
            view = look();
        }
        followed = Duration.between(first.at(), view.at());
        events = view.sequence() - first.sequence();
    }

    /** Returns when everything that the application committed before {@code bound} is applied, and how long after it that was. */
    Duration awaitApplied(Instant bound) {
        LiveView view = look();
        Instant moved = view.at();
        Instant applied = view.applied().orElse(Instant.MIN);
        while (applied.isBefore(bound)) {
            screen.follow(view, rate(view), Duration.ZERO);
            tick();
            view = look();
            if (view.applied().orElse(Instant.MIN).isAfter(applied)) {
                applied = view.applied().orElseThrow();
                moved = view.at();
            }
            if (moved.plus(STUCK).isBefore(view.at())) {
                throw SluiceException.of(
                        ErrorKind.BUG,
                        "the pipeline has applied nothing for " + STUCK.toSeconds() + " s, expected everything up to "
                                + bound + ", found everything up to " + applied);
            }
        }
        return Duration.between(bound, view.at());
    }

    Duration backfillTime() {
        return backfill;
    }

    long backfilledRows() {
        return backfilledRows;
    }

    Duration followedTime() {
        return followed;
    }

    long events() {
        return events;
    }

    Percentiles lag() {
        return lag;
    }

    private LiveView look() {
        return LiveViews.of(pipeline.status(), clock.instant());
    }

    private void tick() {
        interruption.check();
        try {
            if (pipeline.awaitEnd(TICK)) {
                throw SluiceException.of(ErrorKind.BUG, "the demo's pipeline ended by itself");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Interruption.Requested();
        }
    }

    private double rate(LiveView view) {
        if (rateSince.equals(Instant.MIN) || rateSince.plus(RATE_WINDOW).isBefore(view.at())) {
            boolean known = !rateSince.equals(Instant.MIN);
            eventsPerSecond =
                    known ? Rates.perSecond(view.sequence() - rateFrom, Duration.between(rateSince, view.at())) : 0;
            rateSince = view.at();
            rateFrom = view.sequence();
        }
        return eventsPerSecond;
    }
}
