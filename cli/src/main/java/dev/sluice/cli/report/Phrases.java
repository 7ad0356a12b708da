package dev.sluice.cli.report;

import dev.sluice.sinks.postgresql.control.RowOutcomes;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What is said of outcomes, alike in every form of the report. */
final class Phrases {
    private Phrases() {}

    static String verdict(RowOutcomes outcomes) {
        return switch (outcomes.verdict()) {
            case COMPLETE ->
                outcomes.total().discarded() > 0
                        ? "every row is loaded or transformed, but for what a person let go"
                        : "every row is loaded or transformed";
            case OPEN -> open(outcomes);
            case LOADING -> "not every snapshot is over: these are figures so far";
            case WRONG ->
                "the numbers do not add up, which is a bug in Sluice: "
                        + outcomes.tables().stream()
                                .flatMap(table -> Optional.ofNullable(table.problem()).stream())
                                .collect(Collectors.joining("; "));
        };
    }

    private static String open(RowOutcomes outcomes) {
        long waiting = outcomes.total().waiting()
                + outcomes.tables().stream()
                        .mapToLong(table -> table.followed().waiting())
                        .sum();
        long quarantined = outcomes.total().quarantined()
                - outcomes.total().discarded()
                + outcomes.tables().stream()
                        .mapToLong(table -> table.followed().quarantined())
                        .sum();
        return rows(waiting)
                + (waiting == 1 ? " waits, " : " wait, ")
                + quarantined
                + (quarantined == 1 ? " is quarantined" : " are quarantined");
    }

    static String rows(long rows) {
        return rows == 1 ? "1 row" : rows + " rows";
    }

    static String values(long values) {
        return values == 1 ? "1 value" : String.format(Locale.ROOT, "%,d values", values);
    }

    static String rule(RowOutcomes.Rule rule) {
        return rule.column().isEmpty() ? rule.rule() : "column " + rule.column() + ", rule " + rule.rule();
    }

    static String waiting(RowOutcomes.Waiting waiting) {
        String parent = waiting.parent() == null ? "" : " " + waiting.parent();
        String key = waiting.foreignKey() == null ? "" : " (" + waiting.foreignKey() + ")";
        String why = waiting.why() == null ? "" : ", " + waiting.why();
        if (waiting.nulled()) {
            return "written with NULL in place of a reference, waits for" + parent + key + why;
        }
        return switch (waiting.kind()) {
            case "hold" -> "deleted in the source, still referred to by" + parent + key + why;
            case "stale" -> "an older version is there, the newer one waits for" + parent + key + why;
            default -> "waits for" + parent + key + why;
        };
    }

    static String quarantine(RowOutcomes.Quarantine quarantine) {
        return quarantine.column() == null
                ? quarantine.reason()
                : quarantine.reason() + ", column " + quarantine.column();
    }

    /** The topology's words end in the parent's key, which may be a masked value of the row. */
    static String message(String message) {
        int json = message.indexOf(": {");
        return json < 0 ? message : message.substring(0, json);
    }

    /** How many rows, by where they come from. */
    static String numbers(long snapshot, long followed) {
        if (followed == 0) {
            return rows(snapshot);
        }
        return snapshot == 0 ? rows(followed) + " followed" : rows(snapshot) + ", " + followed + " followed";
    }

    static String followed(RowOutcomes.Followed followed) {
        return followed.upserts() + " upserts (" + followed.transformed() + " transformed), " + followed.deletes()
                + " deletes; now " + followed.waiting() + " waiting, " + followed.quarantined() + " quarantined"
                + (followed.nulled() > 0 ? ", " + followed.nulled() + " written with NULL" : "");
    }

    static String samples(List<String> keys, long all) {
        return keys.isEmpty() ? "" : String.join(" ", keys) + (all > keys.size() ? " …" : "");
    }
}
