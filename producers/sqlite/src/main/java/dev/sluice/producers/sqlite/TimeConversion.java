package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.Marks;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.schemas.relational.LogicalType;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Dates and times.
 *
 * <ul>
 *   <li>Text as {@link Times} reads it. Without an offset it is a local time of the zone. Digits after the sixth of a second's fraction are dropped or rounded, and marked.
 *   <li>INTEGER timestamps are counted from 1970-01-01T00:00Z in seconds below 10^10 (year 2286), in milliseconds from 10^11 (year 1973) below 10^13, in microseconds from
 *       10^14 below 10^16; what lies between could be two of them and is refused. Negative ones are seconds.
 *   <li>REAL timestamps are refused unless {@link RealTimestamps} says what they mean.
 *   <li>In a column without time zone every moment is written as the local time of the zone.
 * </ul>
 *
 * @param zone of local times; null for UTC, which needs no look
 */
record TimeConversion(
        LogicalType type,
        RealTimestamps reals,
        OnFraction onFraction,
        @Nullable LocalTimes zone) implements Conversion {
    private static final long MICROS = TimeUnit.SECONDS.toMicros(1);
    private static final long DAY_MICROS = TimeUnit.DAYS.toMicros(1);
    private static final double UNIX_EPOCH_JULIAN = 2_440_587.5;
    private static final double MAX_JULIAN = 5_373_484.5;

    static TimeConversion of(LogicalType type, ValueRules rules, RealTimestamps reals) {
        return new TimeConversion(type, reals, rules.of(OnFraction.class), LocalTimes.of(rules.timeZone()));
    }

    @Override
    public Object convert(Object stored, Marks marks) throws Refusal {
        return switch (type) {
            case DATE -> date(stored, marks);
            case TIME -> time(stored, marks);
            default -> timestamp(stored, marks);
        };
    }

    private Integer date(Object stored, Marks marks) throws Refusal {
        if (!(stored instanceof String text)) {
            throw Refusal.found("not-a-date", "a date", stored);
        }
        Times times = Times.date(text);
        if (times.micros() % DAY_MICROS != 0) {
            throw Refusal.of("not-a-date", "a date was expected, a timestamp with a time of day was found");
        }
        long micros = times.micros() + beyond(times, marks);
        return Math.toIntExact(Math.floorDiv(micros, DAY_MICROS));
    }

    /** PostgreSQL has a 24:00:00, many clients have not, so nothing is rounded to it. */
    private Long time(Object stored, Marks marks) throws Refusal {
        if (!(stored instanceof String text)) {
            throw Refusal.found("not-a-time", "a time of day", stored);
        }
        Times times = Times.time(text);
        return Math.min(times.micros() + beyond(times, marks), DAY_MICROS - 1);
    }

    private Long timestamp(Object stored, Marks marks) throws Refusal {
        if (stored instanceof String text) {
            return text(text, marks);
        }
        long micros;
        if (stored instanceof Long l) {
            micros = epoch(l);
        } else if (stored instanceof Double d) {
            micros = real(d);
        } else {
            throw Refusal.found("not-a-timestamp", "a timestamp", stored);
        }
        marks.add(ColumnRules.EPOCH);
        return ofMoment(micros);
    }

    private long text(String text, Marks marks) throws Refusal {
        Times times = Times.timestamp(text);
        long micros = times.micros();
        if (times.hasOffset()) {
            micros = ofMoment(micros);
        } else if (zone != null && type == LogicalType.TIMESTAMPTZ) {
            micros = zone.moment(micros, marks);
        }
        return micros + beyond(times, marks);
    }

    private long ofMoment(long micros) {
        return zone == null || type == LogicalType.TIMESTAMPTZ ? micros : zone.local(micros);
    }

    /** What the digits beyond microseconds add. */
    private int beyond(Times times, Marks marks) throws Refusal {
        if (!times.losesDigits()) {
            return 0;
        }
        if (onFraction == OnFraction.REJECT) {
            throw Refusal.other(
                    "not-exact",
                    "a time with at most six digits of a second's fraction was expected, one with more was found");
        }
        marks.add(ColumnRules.FRACTION);
        return onFraction == OnFraction.ROUND && times.halfOrMore() ? 1 : 0;
    }

    private static long epoch(long value) throws Refusal {
        if (value > -10_000_000_000L && value < 10_000_000_000L) {
            return value * MICROS;
        } else if (value >= 100_000_000_000L && value < 10_000_000_000_000L) {
            return value * 1_000;
        } else if (value >= 100_000_000_000_000L && value < 10_000_000_000_000_000L) {
            return value;
        }
        throw Refusal.of(
                "ambiguous-epoch",
                "seconds, milliseconds or microseconds since 1970 were expected, an integer was found that tells none of them");
    }

    private long real(double value) throws Refusal {
        if (reals == RealTimestamps.JULIAN_DAY && value >= 0 && value < MAX_JULIAN) {
            return Math.round((value - UNIX_EPOCH_JULIAN) * TimeUnit.DAYS.toMillis(1)) * 1_000;
        } else if (reals == RealTimestamps.UNIX_SECONDS && Math.abs(value) < 1e10) {
            return Math.round(value * MICROS);
        }
        throw Refusal.of(
                "real-timestamp",
                reals == RealTimestamps.REFUSE
                        ? "a timestamp was expected, a real was found; configure whether reals are Julian days or Unix seconds"
                        : "a real timestamp within the years 0 to 9999 was expected, one outside was found");
    }
}
