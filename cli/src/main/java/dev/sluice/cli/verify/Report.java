package dev.sluice.cli.verify;

import dev.sluice.cli.report.MaskedKeys;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.Difference;
import dev.sluice.verification.Result;
import dev.sluice.verification.TableResult;
import dev.sluice.verification.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A comparison to be told. Its keys are read when they are, and never held all at once.
 *
 * @param coverage what it was not about
 * @param exitCode how the command ends
 */
record Report(Result result, Coverage coverage, Made made, Engine engine, MaskedKeys masks, int exitCode) {
    /**
     * Of what, and how, it was made.
     *
     * @param source name of the database, without secrets
     * @param target likewise
     * @param command what was typed
     * @param version Sluice's own
     * @param at when it was written
     * @param strict whether what the pipeline accounts for counted as different
     */
    record Made(String source, String target, String command, String version, Instant at, boolean strict) {}

    String verdict() {
        return Phrases.verdict(result, coverage);
    }

    /**
     * Gives the keys of a table that are not equal, as they may be shown.
     *
     * @param each false when it wants no more
     */
    void forEachWhile(TableId table, Predicate<Difference> each) {
        engine.forEachWhile(verification(table), table, difference -> each.test(shown(table, difference)));
    }

    /** Where tables were compared at different times, each has its own. */
    private long verification(TableId table) {
        return result.tables().stream()
                .filter(found -> found.table().equals(table))
                .mapToLong(TableResult::verification)
                .findFirst()
                .orElse(result.id());
    }

    private Difference shown(TableId table, Difference difference) {
        return new Difference(
                difference.verdict(),
                masks.shown(table, difference.key()),
                difference.columns(),
                difference.sourceValues(),
                difference.targetValues());
    }

    /** So many keys of each verdict, or all that there are. Goes no further through them than it must. */
    Map<Verdict, List<Difference>> examples(TableResult table, int each) {
        Map<Verdict, List<Difference>> examples = new EnumMap<>(Verdict.class);
        table.counts().keySet().forEach(verdict -> examples.put(verdict, new ArrayList<>()));
        long wanted = table.counts().values().stream()
                .mapToLong(count -> Math.min(count, each))
                .sum();
        if (wanted > 0) {
            long[] left = {wanted};
            forEachWhile(table.table(), difference -> {
                List<Difference> some = examples.computeIfAbsent(difference.verdict(), v -> new ArrayList<>());
                if (some.size() < each) {
                    some.add(difference);
                    left[0]--;
                }
                return left[0] > 0;
            });
        }
        return examples;
    }

    /** Where all keys of a table stand. */
    String query(TableId table) {
        return "SELECT key, verdict, columns FROM sluice.verification WHERE pipeline = " + literal(result.pipeline())
                + " AND verification = " + verification(table) + " AND table_name = " + literal(table.toString())
                + " AND equal_at IS NULL ORDER BY key";
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
