package dev.sluice.cli.run;

import java.util.Collection;
import java.util.Locale;

/** How far tables are that are read, where no bar can be drawn. */
public final class LoadLine {
    private LoadLine() {}

    /** @param loading the tables that are read now */
    public static String of(long rows, long expected, double perSecond, Collection<String> loading) {
        return of("backfill", rows, expected, perSecond, loading);
    }

    /** @param what is done with them */
    public static String of(String what, long rows, long expected, double perSecond, Collection<String> loading) {
        return String.format(
                Locale.ROOT,
                "%s  %,d of about %,d rows  %,.0f rows/s  ETA %s  now: %s",
                what,
                rows,
                expected,
                perSecond,
                eta(expected - rows, perSecond),
                String.join(", ", loading));
    }

    private static String eta(long left, double perSecond) {
        if (perSecond <= 0) {
            return "?";
        }
        long seconds = (long) Math.ceil(Math.max(0, left) / perSecond);
        return String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }
}
