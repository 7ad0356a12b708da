package dev.sluice.producers.sqlite;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.concurrent.TimeUnit;

/**
 * Text of a date or time.
 *
 * <ul>
 *   <li>Timestamps: {@code YYYY-MM-DD[( |T)HH:MM[:SS[.fraction]][Z|±HH[[:]MM]]]}.
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

    private final String text;
    private final String reason;
    private int at;
    private long micros;
    private boolean hasOffset;
    private boolean losesDigits;
    private boolean halfOrMore;

    private Times(String text, String reason) {
        this.text = text;
        this.reason = reason;
    }

    static Times timestamp(String text) throws Refusal {
        Times times = new Times(text, "not-a-timestamp");
        times.micros = times.timestamp();
        times.end();
        return times;
    }

    static Times date(String text) throws Refusal {
        Times times = new Times(text, "not-a-date");
        times.micros = times.timestamp();
        times.end();
        return times;
    }

    static Times time(String text) throws Refusal {
        Times times = new Times(text, "not-a-time");
        times.micros = times.timeOfDay();
        times.end();
        return times;
    }

    /** Since 1970-01-01T00:00, or since midnight; digits beyond are left out. In UTC where the text has an offset. */
    long micros() {
        return micros;
    }

    boolean hasOffset() {
        return hasOffset;
    }

    /** Whether there are digits beyond microseconds that are not zero. */
    boolean losesDigits() {
        return losesDigits;
    }

    /** Whether what is left out is at least half a microsecond. */
    boolean halfOrMore() {
        return halfOrMore;
    }

    private long timestamp() throws Refusal {
        long day = day() * DAY_MICROS;
        if (at == text.length()) {
            return day;
        }
        char separator = text.charAt(at++);
        if (separator != ' ' && separator != 'T' && separator != 't') {
            throw notIso();
        }
        return day + timeOfDay() - offset() * MICROS;
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
        long fraction = 0;
        while (isDigit(next(at))) {
            int digit = text.charAt(at) - '0';
            if (at - start < FRACTION_DIGITS) {
                fraction = fraction * 10 + digit;
            } else {
                losesDigits |= digit != 0;
                halfOrMore |= at - start == FRACTION_DIGITS && digit >= 5;
            }
            at++;
        }
        if (at == start) {
            throw notIso();
        }
        for (int digits = at - start; digits < FRACTION_DIGITS; digits++) {
            fraction *= 10;
        }
        return fraction;
    }

    /** In seconds; 0 without one. */
    private int offset() throws Refusal {
        if (next(at) == ' ' && at + 1 < text.length()) {
            at++;
        }
        char sign = next(at);
        if (sign == 'Z' || sign == 'z') {
            hasOffset = true;
            at++;
            return 0;
        } else if (sign != '+' && sign != '-') {
            return 0;
        }
        hasOffset = true;
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
