package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.Marks;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The clocks of a time zone. All times are microseconds since 1970-01-01T00:00, of UTC or of the zone's clocks. A local time that the zone skips is refused; of two moments with the same local time the
 * earlier is taken, and marked. The machine's own zone is never asked.
 */
final class LocalTimes {
    private static final long MICROS = TimeUnit.SECONDS.toMicros(1);

    private final ZoneRules rules;

    private LocalTimes(ZoneRules rules) {
        this.rules = rules;
    }

    /** Null for UTC. */
    static @Nullable LocalTimes of(Optional<ZoneId> zone) {
        ZoneRules rules = zone.orElse(ZoneOffset.UTC).getRules();
        boolean utc = rules.isFixedOffset() && rules.getOffset(Instant.EPOCH).equals(ZoneOffset.UTC);
        return utc ? null : new LocalTimes(rules);
    }

    /** The moment of a local time. */
    long moment(long local, Marks marks) throws Refusal {
        LocalDateTime time = time(local);
        ZoneOffsetTransition transition = rules.getTransition(time);
        if (transition == null) {
            return local - micros(rules.getOffset(time));
        }
        if (transition.isGap()) {
            throw Refusal.of(
                    "local-time-gap",
                    "a time that the clocks of the column's time zone show was expected, one that they skip was found");
        }
        marks.add(ColumnRules.TIME_ZONE_OVERLAP);
        return local - micros(transition.getOffsetBefore());
    }

    /** Every moment of a local time: none, one or two. */
    List<Long> moments(long local) {
        return rules.getValidOffsets(time(local)).stream()
                .map(offset -> local - micros(offset))
                .toList();
    }

    /** The local time of a moment. */
    long local(long moment) {
        return moment + micros(rules.getOffset(instant(moment)));
    }

    private static LocalDateTime time(long micros) {
        return LocalDateTime.ofInstant(instant(micros), ZoneOffset.UTC);
    }

    private static Instant instant(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, MICROS), Math.floorMod(micros, MICROS) * 1_000);
    }

    private static long micros(ZoneOffset offset) {
        return offset.getTotalSeconds() * MICROS;
    }
}
