package dev.sluice.cli.demo;

import java.time.Duration;
import java.util.Locale;

/** Figures as people read them. */
final class Rates {
    private Rates() {}

    static double perSecond(long count, Duration time) {
        return time.isZero() || time.isNegative() ? 0 : count * 1e9 / time.toNanos();
    }

    static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
    }

    static String millis(Duration duration) {
        return String.format(Locale.ROOT, "%,.0f ms", duration.toNanos() / 1e6);
    }

    static String lagLine(LiveView view, double eventsPerSecond, Duration left) {
        return String.format(
                Locale.ROOT,
                "%s  lag %s  applied %,d events (%,.0f/s)  waiting %d  dead letters %d",
                left.isZero() ? "catching up     " : String.format(Locale.ROOT, "following %4d s", left.toSeconds()),
                view.lag().map(Rates::seconds).orElse("?"),
                view.sequence(),
                eventsPerSecond,
                view.waiting(),
                view.deadLetters());
    }
}
