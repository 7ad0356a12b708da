package dev.sluice.verification;

import dev.sluice.schemas.relational.LogicalType;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** A value of a logical type in PostgreSQL's input syntax, so that keys can be asked for in the column's own type. */
final class InputText {
    private static final long MICROS_PER_SECOND = 1_000_000;

    private InputText() {}

    static @Nullable String of(LogicalType type, @Nullable Object value) {
        if (value == null) {
            return null;
        }
        return switch (type) {
            case BOOLEAN, INT16, INT32, INT64, FLOAT32, FLOAT64, DECIMAL, TEXT, UUID, JSON, NATIVE -> value.toString();
            case BYTES -> "\\x" + HexFormat.of().formatHex((byte[]) value);
            case DATE -> date((Integer) value);
            case TIME -> time((Long) value);
            case TIMESTAMP -> timestamp((Long) value, "");
            case TIMESTAMPTZ -> timestamp((Long) value, "+00");
        };
    }

    private static String date(int days) {
        if (days == Integer.MAX_VALUE || days == Integer.MIN_VALUE) {
            return days > 0 ? "infinity" : "-infinity";
        }
        LocalDate date = LocalDate.ofEpochDay(days);
        return day(date) + era(date);
    }

    private static String time(long micros) {
        boolean midnightAfter = micros == 86_400 * MICROS_PER_SECOND;
        return midnightAfter
                ? "24:00:00"
                : LocalTime.ofNanoOfDay(micros * 1_000).toString();
    }

    private static String timestamp(long micros, String zone) {
        if (micros == Long.MAX_VALUE || micros == Long.MIN_VALUE) {
            return micros > 0 ? "infinity" : "-infinity";
        }
        long seconds = Math.floorDiv(micros, MICROS_PER_SECOND);
        int nanos = (int) Math.floorMod(micros, MICROS_PER_SECOND) * 1_000;
        LocalDateTime instant = LocalDateTime.ofEpochSecond(seconds, nanos, ZoneOffset.UTC);
        return day(instant.toLocalDate()) + ' ' + instant.toLocalTime() + zone + era(instant.toLocalDate());
    }

    private static String day(LocalDate date) {
        int year = date.getYear() > 0 ? date.getYear() : 1 - date.getYear();
        return String.format("%04d-%02d-%02d", year, date.getMonthValue(), date.getDayOfMonth());
    }

    private static String era(LocalDate date) {
        return date.getYear() > 0 ? "" : " BC";
    }
}
