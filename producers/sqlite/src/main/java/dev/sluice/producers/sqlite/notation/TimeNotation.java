package dev.sluice.producers.sqlite.notation;

import static dev.sluice.producers.sqlite.notation.ColumnNotation.same;

import dev.sluice.producers.api.Notation.Answer;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.schemas.relational.LogicalType;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.zone.ZoneRules;

/**
 * Dates and times. A text with an offset shows the moment on a clock of that offset, one without on the clocks of the column's time zone. An integer counts from 1970 in the unit that its size says, a REAL as it is configured.
 *
 * @param zone whose clocks a column without time zone, and text without an offset, shows
 * @param utc whether these are those of UTC
 */
record TimeNotation(LogicalType type, ZoneRules zone, boolean utc, RealTimestamps reals) implements ColumnNotation {
    /** Far outside what four digits of a year hold. */
    private static final long MOST_DAYS = 4_000_000;

    private static final double EPOCH_JULIAN_DAY = 2_440_587.5;

    /** Half a millisecond to which it is rounded, and what a Julian day in 64 bits is not sure of. */
    private static final double JULIAN_MILLIS = 0.6;

    static TimeNotation of(LogicalType type, ZoneRules zone, RealTimestamps reals) {
        boolean utc = zone.isFixedOffset() && zone.getOffset(Instant.EPOCH).equals(ZoneOffset.UTC);
        return new TimeNotation(type, zone, utc, reals);
    }

    @Override
    public Answer compare(Object stored, Object value) {
        long number = ((Number) value).longValue();
        if (stored instanceof String text) {
            return same(
                    switch (type) {
                        case DATE -> isDate(text, number);
                        case TIME ->
                            number >= 0 && number < ClockText.DAY && ClockText.isTime(text, 0, text.length(), number);
                        default -> isTimestamp(text, number);
                    });
        } else if (type == LogicalType.DATE || type == LogicalType.TIME) {
            return Answer.OTHER;
        }
        return same(isNumber(stored, number));
    }

    /** A date is the midnight of UTC with which it begins. */
    private static boolean isDate(String text, long day) {
        if (Math.abs(day) > MOST_DAYS) {
            return false;
        }
        int at = ClockText.offsetStart(text);
        return at < 0
                ? ClockText.isTimestamp(text, text.length(), day * ClockText.DAY)
                : isMoment(text, at, day * ClockText.DAY);
    }

    private boolean isTimestamp(String text, long micros) {
        int at = ClockText.offsetStart(text);
        if (at >= 0) {
            return isAny(micros, moment -> isMoment(text, at, moment));
        }
        boolean shifted = !utc && type == LogicalType.TIMESTAMPTZ;
        return ClockText.isTimestamp(text, text.length(), shifted ? micros + offset(micros) : micros);
    }

    private static boolean isMoment(String text, int at, long moment) {
        long offset = ClockText.offset(text, at);
        int end = text.charAt(at - 1) == ' ' ? at - 1 : at;
        return offset != ClockText.NO_OFFSET && ClockText.isTimestamp(text, end, moment + offset);
    }

    private boolean isNumber(Object stored, long micros) {
        if (stored instanceof Long integer) {
            return isAny(micros, moment -> isEpoch(integer, moment));
        }
        return stored instanceof Double real && isAny(micros, moment -> isReal(real, moment));
    }

    private static boolean isEpoch(long stored, long moment) {
        long unit = unit(stored);
        return unit > 0 && moment % unit == 0 && moment / unit == stored;
    }

    /** In microseconds: a second, a thousandth, a millionth; 0 of a number that is none of these. */
    private static long unit(long stored) {
        if (Math.abs(stored) < 10_000_000_000L) {
            return ClockText.SECOND;
        } else if (stored >= 100_000_000_000L && stored < 10_000_000_000_000L) {
            return 1_000;
        }
        return stored >= 100_000_000_000_000L && stored < 10_000_000_000_000_000L ? 1 : 0;
    }

    private boolean isReal(double stored, long moment) {
        return switch (reals) {
            case REFUSE -> false;
            case JULIAN_DAY -> {
                double days = moment / (double) ClockText.DAY + EPOCH_JULIAN_DAY;
                yield moment % 1_000 == 0 && Math.abs(days - stored) * 86_400_000 <= JULIAN_MILLIS;
            }
            case UNIX_SECONDS -> {
                double micros = stored * ClockText.SECOND;
                yield Math.abs(micros - moment) <= 0.5 + Math.ulp(micros);
            }
        };
    }

    private interface Moment {
        boolean is(long micros);
    }

    /** Whether it is one of the moments that the value means: of a local time there are none, one or two. */
    private boolean isAny(long micros, Moment moment) {
        if (utc || type != LogicalType.TIMESTAMP) {
            return moment.is(micros);
        }
        LocalDateTime local = LocalDateTime.ofInstant(instant(micros), ZoneOffset.UTC);
        return zone.getValidOffsets(local).stream()
                .anyMatch(offset -> moment.is(micros - offset.getTotalSeconds() * ClockText.SECOND));
    }

    private long offset(long moment) {
        return zone.getOffset(instant(moment)).getTotalSeconds() * ClockText.SECOND;
    }

    private static Instant instant(long micros) {
        return Instant.ofEpochSecond(
                Math.floorDiv(micros, ClockText.SECOND), Math.floorMod(micros, ClockText.SECOND) * 1_000L);
    }
}
