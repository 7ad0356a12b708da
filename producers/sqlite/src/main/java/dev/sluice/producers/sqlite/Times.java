package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.concurrent.TimeUnit;

/**
 * Dates and times.
 *
 * <ul>
 *   <li>Timestamps: {@code YYYY-MM-DD[( |T)HH:MM[:SS[.fraction]][Z|±HH[[:]MM]]]}. Without an offset the text is UTC. Digits after the sixth of the
 *       fraction are cut off.
 *   <li>INTEGER timestamps are counted from 1970-01-01T00:00Z in seconds below 10^10 (year 2286), in milliseconds from 10^11 (year 1973) below 10^13, in microseconds from
 *       10^14 below 10^16; what lies between could be two of them and is refused. Negative ones are seconds.
 *   <li>REAL timestamps are refused unless {@link RealTimestamps} says what they mean.
 *   <li>Dates: {@code YYYY-MM-DD}, also with a time of midnight behind it. Times: {@code HH:MM[:SS[.fraction]]}.
 * </ul>
 *
 * Fixed places instead of a {@code DateTimeFormatter}, which takes five times as long and would halve the speed of a snapshot.
 */
final class Times {
    private static final long MICROS = TimeUnit.SECONDS.toMicros(1);
    private static final long DAY_MICROS = TimeUnit.DAYS.toMicros(1);
    private static final int DATE_LENGTH = 10;
    private static final int FRACTION_DIGITS = 6;
    private static final double UNIX_EPOCH_JULIAN = 2_440_587.5;
    private static final double MAX_JULIAN = 5_373_484.5;

    private final String text;
    private final String reason;
    private int at;

    private Times(String text, String reason) {
        this.text = text;
        this.reason = reason;
    }

    static Long timestamp(Object stored, RealTimestamps realTimestamps) throws Refusal {
        if (stored instanceof String string) {
            Times times = new Times(string, "not-a-timestamp");
            long micros = times.timestamp();
            times.end();
            return micros;
        } else if (stored instanceof Long l) {
            return epoch(l);
        } else if (stored instanceof Double d) {
            return real(d, realTimestamps);
        }
        throw Refusal.found("not-a-timestamp", "a timestamp", stored);
    }

    static Integer date(Object stored) throws Refusal {
        if (!(stored instanceof String string)) {
            throw Refusal.found("not-a-date", "a date", stored);
        }
        Times times = new Times(string, "not-a-date");
        long micros = times.timestamp();
        times.end();
        if (micros % DAY_MICROS != 0) {
            throw Refusal.of("not-a-date", "a date was expected, a timestamp with a time of day was found");
        }
        return Math.toIntExact(micros / DAY_MICROS);
    }

    static Long time(Object stored) throws Refusal {
        if (!(stored instanceof String string)) {
            throw Refusal.found("not-a-time", "a time of day", stored);
        }
        Times times = new Times(string, "not-a-time");
        long micros = times.timeOfDay();
        times.end();
        return micros;
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

    private static long real(double value, RealTimestamps meaning) throws Refusal {
        if (meaning == RealTimestamps.JULIAN_DAY && value >= 0 && value < MAX_JULIAN) {
            return Math.round((value - UNIX_EPOCH_JULIAN) * TimeUnit.DAYS.toMillis(1)) * 1_000;
        } else if (meaning == RealTimestamps.UNIX_SECONDS && Math.abs(value) < 1e10) {
            return Math.round(value * MICROS);
        }
        throw Refusal.of(
                "real-timestamp",
                meaning == RealTimestamps.REFUSE
                        ? "a timestamp was expected, a real was found; configure whether reals are Julian days or Unix seconds"
                        : "a real timestamp within the years 0 to 9999 was expected, one outside was found");
    }

    private long timestamp() throws Refusal {
        long micros = day() * DAY_MICROS;
        if (at == text.length()) {
            return micros;
        }
        char separator = text.charAt(at++);
        if (separator != ' ' && separator != 'T' && separator != 't') {
            throw notIso();
        }
        micros += timeOfDay();
        return micros - offset() * MICROS;
    }

    private long day() throws Refusal {
        if (text.length() < DATE_LENGTH || text.charAt(4) != '-' || text.charAt(7) != '-') {
            throw notIso();
        }
        int year = 100 * twoDigits(0) + twoDigits(2);
        at = DATE_LENGTH;
        try {
            return LocalDate.of(year, twoDigits(5), twoDigits(8)).toEpochDay();
        } catch (DateTimeException e) {
            throw notIso();
        }
    }

    private long timeOfDay() throws Refusal {
        int hour = twoDigits(at);
        if (next(at + 2) != ':') {
            throw notIso();
        }
        int minute = twoDigits(at + 3);
        at += 5;
        int second = 0;
        long fraction = 0;
        if (next(at) == ':') {
            second = twoDigits(at + 1);
            at += 3;
            fraction = fraction();
        }
        if (hour > 23 || minute > 59 || second > 59) {
            throw notIso();
        }
        return ((hour * 60L + minute) * 60 + second) * MICROS + fraction;
    }

    private long fraction() throws Refusal {
        if (next(at) != '.') {
            return 0;
        }
        at++;
        int start = at;
        long micros = 0;
        while (isDigit(next(at))) {
            if (at - start < FRACTION_DIGITS) {
                micros = micros * 10 + (text.charAt(at) - '0');
            }
            at++;
        }
        if (at == start) {
            throw notIso();
        }
        for (int digits = at - start; digits < FRACTION_DIGITS; digits++) {
            micros *= 10;
        }
        return micros;
    }

    /** In seconds; without one UTC. */
    private int offset() throws Refusal {
        if (next(at) == ' ' && at + 1 < text.length()) {
            at++;
        }
        char sign = next(at);
        if (sign == 'Z' || sign == 'z') {
            at++;
            return 0;
        } else if (sign != '+' && sign != '-') {
            return 0;
        }
        int hours = twoDigits(at + 1);
        at += 3;
        int minutes = 0;
        if (next(at) == ':') {
            minutes = twoDigits(at + 1);
            at += 3;
        } else if (isDigit(next(at))) {
            minutes = twoDigits(at);
            at += 2;
        }
        if (hours > 15 || minutes > 59) {
            throw notIso();
        }
        return (sign == '-' ? -60 : 60) * (hours * 60 + minutes);
    }

    private void end() throws Refusal {
        if (at != text.length()) {
            throw notIso();
        }
    }

    private int twoDigits(int index) throws Refusal {
        char tens = next(index);
        char ones = next(index + 1);
        if (!isDigit(tens) || !isDigit(ones)) {
            throw notIso();
        }
        return (tens - '0') * 10 + ones - '0';
    }

    /** The character at an index; NUL behind the end. */
    private char next(int index) {
        return index < text.length() ? text.charAt(index) : '\0';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private Refusal notIso() {
        String what = reason.substring("not-".length()).replace('-', ' ');
        return Refusal.of(reason, what + " in ISO 8601 was expected, other text was found");
    }
}
