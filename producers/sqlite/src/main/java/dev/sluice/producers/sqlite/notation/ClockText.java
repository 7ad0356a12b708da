package dev.sluice.producers.sqlite.notation;

import java.time.LocalDate;
import java.util.concurrent.TimeUnit;

/** Whether a text is how a date or a time is written, in as many digits as the text has. Compares digits instead of writing texts, because it is asked of every value. */
final class ClockText {
    static final long SECOND = TimeUnit.SECONDS.toMicros(1);
    static final long DAY = TimeUnit.DAYS.toMicros(1);

    /** What {@link #offset} says of a text that is no offset. */
    static final int NO_OFFSET = Integer.MIN_VALUE;

    private static final int DATE_LENGTH = 10;
    private static final int MINUTES_LENGTH = 5;
    private static final int SECONDS_LENGTH = 8;

    private ClockText() {}

    /** @param local microseconds since 1970-01-01T00:00 of the clock */
    static boolean isTimestamp(String text, int end, long local) {
        long day = Math.floorDiv(local, DAY);
        long time = local - day * DAY;
        if (end < DATE_LENGTH || !isDay(text, day)) {
            return false;
        } else if (end == DATE_LENGTH) {
            return time == 0;
        }
        char separator = text.charAt(DATE_LENGTH);
        return (separator == ' ' || separator == 'T' || separator == 't') && isTime(text, DATE_LENGTH + 1, end, time);
    }

    private static boolean isDay(String text, long day) {
        LocalDate date = LocalDate.ofEpochDay(day);
        int year = date.getYear();
        return year >= 0
                && year <= 9_999
                && isTwo(text, 0, year / 100)
                && isTwo(text, 2, year % 100)
                && text.charAt(4) == '-'
                && isTwo(text, 5, date.getMonthValue())
                && text.charAt(7) == '-'
                && isTwo(text, 8, date.getDayOfMonth());
    }

    /** @param micros since midnight */
    static boolean isTime(String text, int from, int end, long micros) {
        int length = end - from;
        if (length != MINUTES_LENGTH && length < SECONDS_LENGTH) {
            return false;
        }
        int seconds = (int) (micros / SECOND);
        int fraction = (int) (micros % SECOND);
        if (!isTwo(text, from, seconds / 3_600)
                || text.charAt(from + 2) != ':'
                || !isTwo(text, from + 3, seconds / 60 % 60)) {
            return false;
        } else if (length == MINUTES_LENGTH) {
            return seconds % 60 == 0 && fraction == 0;
        } else if (text.charAt(from + MINUTES_LENGTH) != ':' || !isTwo(text, from + 6, seconds % 60)) {
            return false;
        } else if (length == SECONDS_LENGTH) {
            return fraction == 0;
        }
        int point = from + SECONDS_LENGTH;
        return text.charAt(point) == '.' && point + 1 < end && isFraction(text, point + 1, end, fraction);
    }

    /** Digits that the text does not have, and those beyond microseconds, are zeros. */
    private static boolean isFraction(String text, int from, int end, int micros) {
        int rest = micros;
        int unit = (int) SECOND / 10;
        for (int i = from; i < end; i++) {
            int digit = unit == 0 ? 0 : rest / unit;
            if (text.charAt(i) != '0' + digit) {
                return false;
            }
            rest -= digit * unit;
            unit /= 10;
        }
        return rest == 0;
    }

    private static boolean isTwo(String text, int at, int number) {
        return text.charAt(at) == '0' + number / 10 && text.charAt(at + 1) == '0' + number % 10;
    }

    /** Where the offset of a timestamp begins; -1 when it has none. */
    static int offsetStart(String text) {
        for (int i = text.length() - 1; i > DATE_LENGTH; i--) {
            char c = text.charAt(i);
            if (c == '+' || c == '-' || c == 'Z' || c == 'z') {
                return i;
            }
        }
        return -1;
    }

    /** Of {@code Z}, {@code ±HH}, {@code ±HHMM} or {@code ±HH:MM}, in microseconds; {@link #NO_OFFSET} of anything else. */
    static long offset(String text, int at) {
        int length = text.length() - at;
        if (text.charAt(at) == 'Z' || text.charAt(at) == 'z') {
            return length == 1 ? 0 : NO_OFFSET;
        }
        boolean colon = length == 6 && text.charAt(at + 3) == ':';
        if (length != 3 && length != 5 && !colon) {
            return NO_OFFSET;
        }
        int hours = two(text, at + 1);
        int minutes = length == 3 ? 0 : two(text, at + (colon ? 4 : 3));
        if (hours < 0 || minutes < 0) {
            return NO_OFFSET;
        }
        long offset = (hours * 60L + minutes) * 60 * SECOND;
        return text.charAt(at) == '-' ? -offset : offset;
    }

    private static int two(String text, int at) {
        int tens = text.charAt(at) - '0';
        int ones = text.charAt(at + 1) - '0';
        return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : 10 * tens + ones;
    }
}
