package dev.sluice.cli.verify;

import dev.sluice.verification.CheckResult;
import dev.sluice.verification.Mode;
import dev.sluice.verification.Result;
import dev.sluice.verification.TableResult;
import dev.sluice.verification.Verdict;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is said of a comparison, alike in every form of the report. */
final class Phrases {
    private Phrases() {}

    /** In one sentence. */
    static String verdict(Result result, Coverage coverage) {
        return result.equal()
                ? equal(result) + coverage.leftOut()
                : head(result, coverage) + coverage.leftOut() + details(result) + caveat(result, coverage);
    }

    private static String head(Result result, Coverage coverage) {
        boolean counts = result.mode() == Mode.COUNTS;
        if (result.differs() ? coverage.startedMeanwhile() : result.unsettled()) {
            return "it could not be told whether " + (counts ? "both sides have as many rows" : "every row is equal");
        }
        return counts ? "not every number of rows is equal" : "not every row is equal";
    }

    private static String caveat(Result result, Coverage coverage) {
        if (result.live() || !result.differs()) {
            return "";
        }
        return coverage.startedMeanwhile()
                ? "; the pipeline was started in the middle of the comparison, so what differs may only have been under way. Run this again beside it"
                : "; the pipeline did not run, so changes that are not applied yet count as differences";
    }

    private static String details(Result result) {
        List<String> parts = new ArrayList<>();
        long unequal = result.count(Verdict.Kind.UNEQUAL);
        if (unequal > 0) {
            parts.add(keys(unequal) + (unequal == 1 ? " differs" : " differ"));
        }
        checks(result, CheckResult.Outcome.DIFFERENT).ifPresent(names -> parts.add(names + " differs"));
        long unknown = result.count(Verdict.Kind.UNKNOWN);
        if (unknown > 0) {
            parts.add(keys(unknown) + " could not be told");
        }
        checks(result, CheckResult.Outcome.UNSETTLED).ifPresent(names -> parts.add(names + " could not be told"));
        long undone = result.tables().stream().filter(table -> !table.done()).count();
        if (undone > 0) {
            parts.add(undone == 1 ? "1 table is not done" : undone + " tables are not done");
        }
        long explained = result.count(Verdict.Kind.EXPLAINED);
        if (explained > 0) {
            parts.add("the pipeline itself accounts for " + keys(explained) + " (" + explanations(result) + ")");
        }
        if (parts.isEmpty() && result.unsettled()) {
            parts.add("something was written meanwhile");
        }
        return parts.isEmpty() ? "" : ": " + String.join(", ", parts);
    }

    private static String equal(Result result) {
        return switch (result.mode()) {
            case FULL -> "every row is equal";
            case SAMPLE -> "every row of the sample is equal; the others were not compared";
            case COUNTS -> "both sides have as many rows; what is in them was not compared";
        };
    }

    private static Optional<String> checks(Result result, CheckResult.Outcome outcome) {
        String names = result.checks().stream()
                .filter(check -> check.outcome() == outcome)
                .map(CheckResult::name)
                .collect(Collectors.joining(", "));
        return names.isEmpty() ? Optional.empty() : Optional.of("check " + names);
    }

    private static String explanations(Result result) {
        List<String> names = new ArrayList<>();
        for (Verdict verdict : Verdict.values()) {
            long count = result.tables().stream()
                    .mapToLong(table -> table.count(verdict))
                    .sum();
            if (verdict.explained() && count > 0) {
                names.add(number(count) + " " + name(verdict));
            }
        }
        return String.join(", ", names);
    }

    static String mode(Result result) {
        return switch (result.mode()) {
            case FULL -> "every row";
            case SAMPLE -> "a sample of " + percent(result.samplePercent());
            case COUNTS -> "numbers of rows only";
        };
    }

    static String percent(double percent) {
        return BigDecimal.valueOf(percent).stripTrailingZeros().toPlainString() + "%";
    }

    static String circumstances(Result result, Coverage coverage) {
        Instant at = result.recheckedAt();
        String again = at == null
                ? ""
                : "; keys that were not equal were looked at again at " + at.truncatedTo(ChronoUnit.SECONDS)
                        + ", the others were not compared again";
        return situation(result, coverage) + again;
    }

    private static String situation(Result result, Coverage coverage) {
        if (result.live()) {
            return "beside the running pipeline";
        }
        return coverage.startedMeanwhile()
                ? "at rest, but the pipeline was started meanwhile: what was under way counts as different"
                : "at rest: the pipeline did not run, and what was not applied yet counts as different";
    }

    /** What the checksums of a table promise. */
    static String checksums(TableResult table) {
        return table.quiet()
                ? "of one moment: nothing was under way meanwhile"
                : "not of one moment, as something was under way meanwhile: they may differ where every row is equal";
    }

    /** By verdict; a dash for none. */
    static String counts(TableResult table) {
        List<String> parts = new ArrayList<>();
        for (Verdict verdict : Verdict.values()) {
            if (table.count(verdict) > 0) {
                parts.add(number(table.count(verdict)) + " " + name(verdict));
            }
        }
        return parts.isEmpty() ? "-" : String.join(", ", parts);
    }

    static String check(CheckResult check) {
        if (check.targetRows() < 0) {
            return "could not be made: " + check.message();
        }
        String rows = check.sourceRows() < 0
                ? number(check.targetRows()) + " in the target"
                : number(check.sourceRows()) + " in the source, " + number(check.targetRows()) + " in the target";
        return check.outcome().name().toLowerCase(Locale.ROOT) + " (rows: " + rows + ")"
                + (check.message() == null ? "" : ": " + check.message());
    }

    /** Of a table: keys that are equal, which nobody knows where rows were only counted. */
    static String equalKeys(Result result, TableResult table) {
        return result.mode() == Mode.COUNTS ? "-" : number(table.matched());
    }

    static String rowsPerSecond(Result result, TableResult table) {
        return result.mode() == Mode.COUNTS ? "-" : number(Math.round(table.rowsPerSecond()));
    }

    /** A value for a person: NULL is no text, and a text no command of the terminal. */
    static String value(@Nullable String value) {
        return value == null ? "NULL" : "'" + plain(value.replace("\\", "\\\\").replace("'", "\\'")) + "'";
    }

    /** Without control characters, each of which is written as it is in JSON. */
    static String plain(String text) {
        if (text.chars().noneMatch(Character::isISOControl)) {
            return text;
        }
        StringBuilder plain = new StringBuilder();
        text.chars()
                .forEach(c -> plain.append(
                        switch (c) {
                            case '\n' -> "\\n";
                            case '\r' -> "\\r";
                            case '\t' -> "\\t";
                            default ->
                                Character.isISOControl(c)
                                        ? String.format(Locale.ROOT, "\\u%04x", c)
                                        : String.valueOf((char) c);
                        }));
        return plain.toString();
    }

    static String keys(long keys) {
        return keys == 1 ? "1 key" : number(keys) + " keys";
    }

    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** As it stands in JSON and in {@code sluice.verification}. */
    static String name(Verdict verdict) {
        return verdict.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static String time(Duration time) {
        long seconds = time.toSeconds();
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1e3);
        }
        return seconds < 3_600
                ? String.format(Locale.ROOT, "%d:%02d min", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d h", seconds / 3_600, seconds % 3_600 / 60);
    }
}
