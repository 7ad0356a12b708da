package dev.sluice.cli.replay;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a replay begins. */
interface Start {
    /**
     * The first sequence in a lane.
     *
     * @param log opened only where it is needed
     * @throws SluiceException when there is none
     */
    long in(StoredLayout.Lane lane, Supplier<Log> log);

    /** Whether it means something else in every lane. */
    default boolean isOfOneLane() {
        return false;
    }

    /** The lane's first event. */
    Start BEGINNING = (lane, log) -> lane.firstSequence();

    /** A lane's log as far as it is asked here. */
    interface Log {
        /** The first transaction that was committed at a time or later. */
        OptionalLong sequenceAt(Instant time);
    }

    /** An event by its place in the lane. */
    record Sequence(long number) implements Start {
        @Override
        public long in(StoredLayout.Lane lane, Supplier<Log> log) {
            if (number < lane.firstSequence()) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "lane " + lane.name() + " begins at sequence " + lane.firstSequence() + ", found --from "
                                + number);
            }
            return number;
        }

        @Override
        public boolean isOfOneLane() {
            return true;
        }
    }

    /** By the source's commit time. */
    record Time(Instant time) implements Start {
        @Override
        public long in(StoredLayout.Lane lane, Supplier<Log> log) {
            return log.get()
                    .sequenceAt(time)
                    .orElseThrow(() -> SluiceException.of(
                            ErrorKind.CONFIGURATION,
                            "lane " + lane.name() + " holds no transaction that the source committed at " + time
                                    + " or later: there is nothing to replay"));
        }
    }

    /**
     * {@code beginning}, a sequence, or a time as {@code 2026-01-31T12:00:00Z}; the latter two also with {@code sequence:} or {@code time:} before.
     *
     * @throws IllegalArgumentException for anything else
     */
    static Start parse(String text) {
        if (text.equals("beginning")) {
            return BEGINNING;
        }
        Matcher number = Pattern.compile("(?:sequence:)?(\\d{1,18})").matcher(text);
        if (number.matches()) {
            return new Sequence(Long.parseLong(number.group(1)));
        }
        try {
            return new Time(Instant.parse(text.startsWith("time:") ? text.substring(5) : text));
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "expected beginning, a sequence or a time as 2026-01-31T12:00:00Z, found '" + text + "'", e);
        }
    }
}
