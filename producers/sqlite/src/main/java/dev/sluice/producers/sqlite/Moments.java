package dev.sluice.producers.sqlite;

import dev.sluice.schemas.relational.LogicalType;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The usual spellings of a date or time: those that SQLite's own functions and common libraries write. */
final class Moments {
    private static final long MICROS = TimeUnit.SECONDS.toMicros(1);
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("HH:mm:ss");
    private static final DateTimeFormatter MILLIS = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");
    private static final DateTimeFormatter MICRO_DIGITS = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS");

    private Moments() {}

    /** @param zone of local times; null for UTC */
    static List<Object> spellings(LogicalType type, @Nullable LocalTimes zone, Number value) {
        if (type == LogicalType.DATE) {
            return List.of(LocalDate.ofEpochDay(value.longValue()).toString());
        } else if (type == LogicalType.TIME) {
            long micros = value.longValue();
            boolean within = micros >= 0 && micros < TimeUnit.DAYS.toMicros(1);
            // Outside there is no spelling, and the number itself finds nothing.
            return within ? new ArrayList<>(times(LocalTime.ofNanoOfDay(micros * 1_000))) : List.of(micros);
        }
        return timestamps(type, zone, value.longValue());
    }

    private static List<Object> timestamps(LogicalType type, @Nullable LocalTimes zone, long value) {
        List<Object> spellings = new ArrayList<>();
        if (zone == null) {
            addTexts(spellings, value, List.of(""));
            addMoment(spellings, value);
        } else if (type == LogicalType.TIMESTAMPTZ) {
            addTexts(spellings, zone.local(value), List.of(""));
            addMoment(spellings, value);
        } else {
            addTexts(spellings, value, List.of(""));
            zone.moments(value).forEach(moment -> addMoment(spellings, moment));
        }
        return spellings;
    }

    private static void addMoment(List<Object> spellings, long micros) {
        if (micros % MICROS == 0) {
            spellings.add(micros / MICROS);
        }
        if (micros % 1_000 == 0) {
            spellings.add(micros / 1_000);
        }
        spellings.add(micros);
        addTexts(spellings, micros, List.of("Z", "+00:00"));
    }

    private static void addTexts(List<Object> spellings, long micros, List<String> offsets) {
        Instant instant = Instant.ofEpochSecond(Math.floorDiv(micros, MICROS), Math.floorMod(micros, MICROS) * 1_000);
        LocalDateTime moment = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
        for (String time : times(moment.toLocalTime())) {
            for (String separator : List.of(" ", "T")) {
                for (String offset : offsets) {
                    spellings.add(moment.toLocalDate() + separator + time + offset);
                }
            }
        }
    }

    private static List<String> times(LocalTime time) {
        List<String> times = new ArrayList<>();
        long nanos = time.toNanoOfDay() % TimeUnit.SECONDS.toNanos(1);
        if (nanos == 0) {
            times.add(SECONDS.format(time));
        }
        if (nanos % 1_000_000 == 0) {
            times.add(MILLIS.format(time));
        }
        times.add(MICRO_DIGITS.format(time));
        return times;
    }
}
