package dev.sluice.verification.checks;

import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.QueryRows;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.CheckResult;
import dev.sluice.verification.CheckResult.Outcome;
import dev.sluice.verification.Passage;
import dev.sluice.verification.TargetSessions;
import java.sql.PreparedStatement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs checks that people write in SQL. A check with two queries holds when both give the same rows, in whatever order, each as often; one without a query for the source holds when the target gives none.
 *
 * <p>Values of the two sides are equal as follows:
 *
 * <ul>
 *   <li>numbers by value: 1, 1.0 and 1.00; a REAL by its shortest decimal notation; NaN and infinities each to themselves;
 *   <li>PostgreSQL's booleans as 1 and 0;
 *   <li>{@code bytea} and BLOB by their bytes; {@code character(n)} without the blanks at its end;
 *   <li>everything else by the text that PostgreSQL prints, with time zone UTC and ISO dates: a uuid in lower case with dashes, {@code 2025-10-10 08:00:00+00} of a timestamp with time zone. Whoever
 *       compares such values brings both sides to one text in SQL. Text is never equal to a number;
 *   <li>NULL equals NULL.
 * </ul>
 *
 * <p>While the pipeline runs, a check that does not hold is asked again, up to three times: the source, then, when the target has applied everything that the source held, the target, then the source once more. It holds when the
 * target gives what either reading of the source gave. It does not when the source stood still each time; otherwise nobody knows.
 *
 * <p>Writes nothing on either side. Mistakes of a check are {@link SluiceException}s of kind {@code CONFIGURATION} that name it; {@link #require} finds those that show before a row is read. Used by one thread.
 */
public final class Checks {
    private static final int TRIES = 3;
    private static final String KEEP = """
            INSERT INTO sluice.verified_checks (pipeline, verification, name, outcome, source_rows, target_rows, message) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (pipeline, verification, name) DO UPDATE SET outcome = excluded.outcome, source_rows = excluded.source_rows,
              target_rows = excluded.target_rows, message = excluded.message, ended_at = clock_timestamp()""";

    private final ChangeSource source;
    private final TargetSessions target;
    private final Passage passage;
    private final CheckSettings settings;

    private Checks(ChangeSource source, TargetSessions target, Passage passage, CheckSettings settings) {
        this.source = source;
        this.target = target;
        this.passage = passage;
        this.settings = settings;
    }

    /** @param source opened; stays open */
    public static Checks of(ChangeSource source, TargetSessions target, Passage passage, CheckSettings settings) {
        return new Checks(source, target, passage, settings);
    }

    /**
     * Whether both queries of a check can be asked, and give as many columns. Reads as good as nothing; what a query meets in the rows themselves shows only when it is run.
     *
     * @throws SluiceException of kind CONFIGURATION, or of kind TARGET where the role may not read what the query names
     */
    public void require(SqlCheck check) {
        List<String> found = target.inTransaction(new TargetQuery(check, settings)::columns);
        String query = check.source();
        if (query != null) {
            requireColumns(check, askSource(check, withoutRows(query)).columns(), found);
        }
    }

    /** In every dialect; what stands behind {@code --} at the end goes no further than its line. */
    private static String withoutRows(String query) {
        String text = query.strip();
        String one = text.endsWith(";") ? text.substring(0, text.length() - 1) : text;
        return "SELECT * FROM (\n" + one + "\n) checked WHERE 1 = 0";
    }

    /**
     * Runs checks one after the other and keeps their outcomes with a comparison. One that fails is unsettled, with the failure as its message and -1 rows, and the others are run all the same.
     *
     * @param verification the comparison, in {@code sluice.verifications}
     * @param lanes one table of each lane
     */
    public List<CheckResult> runAll(String pipeline, long verification, List<SqlCheck> checks, List<TableId> lanes) {
        List<CheckResult> results = new ArrayList<>();
        for (SqlCheck check : checks) {
            CheckResult result = attempt(check, lanes);
            keep(pipeline, verification, result);
            results.add(result);
        }
        return results;
    }

    private CheckResult attempt(SqlCheck check, List<TableId> lanes) {
        try {
            return run(check, lanes);
        } catch (SluiceException e) {
            if (Thread.currentThread().isInterrupted()) {
                // Somebody ends all of it.
                throw e;
            }
            return new CheckResult(check.name(), Outcome.UNSETTLED, -1, -1, String.valueOf(e.getMessage()));
        }
    }

    private void keep(String pipeline, long verification, CheckResult result) {
        target.inTransaction(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(KEEP)) {
                insert.setString(1, pipeline);
                insert.setLong(2, verification);
                insert.setString(3, result.name());
                insert.setString(4, result.outcome().name().toLowerCase(Locale.ROOT));
                insert.setObject(5, result.sourceRows() < 0 ? null : result.sourceRows(), Types.BIGINT);
                insert.setLong(6, result.targetRows());
                insert.setString(7, result.message());
                return insert.executeUpdate();
            }
        });
    }

    /** @param lanes one table of each lane whose events the check can see */
    public CheckResult run(SqlCheck check, List<TableId> lanes) {
        String query = check.source();
        return query == null ? expectNothing(check, lanes) : compare(check, query, lanes);
    }

    private CheckResult expectNothing(SqlCheck check, List<TableId> lanes) {
        RowSet found = askTarget(check);
        for (int tries = 0; tries < TRIES && found.size() > 0 && passage.isOpen(); tries++) {
            lanes.forEach(passage::awaitPresent);
            found = askTarget(check);
        }
        if (found.size() == 0) {
            return new CheckResult(check.name(), Outcome.EQUAL, -1, 0, null);
        }
        String message = "no rows were expected, the target " + rows(found.size());
        RowSet none = new RowSet(found.columns());
        String shown = settings.showValues() ? ": " + found.shownBeyond(none, masked(found)) : "";
        return new CheckResult(check.name(), Outcome.DIFFERENT, -1, found.size(), message + shown);
    }

    private CheckResult compare(SqlCheck check, String query, List<TableId> lanes) {
        RowSet one = askSource(check, query);
        RowSet found = askTarget(check);
        requireColumns(check, one.columns(), found.columns());
        if (one.isSame(found)) {
            return equal(check, one, found);
        }
        Outcome outcome = Outcome.DIFFERENT;
        for (int tries = 0; tries < TRIES && passage.isOpen(); tries++) {
            RowSet before = askSource(check, query);
            lanes.forEach(passage::awaitPresent);
            found = askTarget(check);
            one = askSource(check, query);
            if (found.isSame(before) || found.isSame(one)) {
                return equal(check, one, found);
            }
            outcome = before.isSame(one) ? outcome : Outcome.UNSETTLED;
        }
        return new CheckResult(check.name(), outcome, one.size(), found.size(), difference(outcome, one, found));
    }

    private static CheckResult equal(SqlCheck check, RowSet source, RowSet target) {
        return new CheckResult(check.name(), Outcome.EQUAL, source.size(), target.size(), null);
    }

    private String difference(Outcome outcome, RowSet one, RowSet found) {
        StringBuilder text = new StringBuilder();
        if (outcome == Outcome.UNSETTLED) {
            text.append(
                    "the source moved while it was asked, so nobody knows; ask again when less is written. At last ");
        }
        text.append("only the source ").append(rows(one.beyond(found)));
        text.append(", only the target ").append(rows(found.beyond(one)));
        if (settings.showValues()) {
            Set<Integer> masked = masked(one);
            masked.addAll(masked(found));
            text.append("; source: ").append(one.shownBeyond(found, masked));
            text.append("; target: ").append(found.shownBeyond(one, masked));
        }
        return text.toString();
    }

    /** Places of columns that are called as one whose values nobody may read. */
    private Set<Integer> masked(RowSet rows) {
        Set<Integer> masked = new HashSet<>();
        for (int i = 0; i < rows.columns().size(); i++) {
            if (settings.masked().stream().anyMatch(rows.columns().get(i)::equalsIgnoreCase)) {
                masked.add(i);
            }
        }
        return masked;
    }

    private static String rows(long rows) {
        return rows == 1 ? "has 1 row" : "has " + rows + " rows";
    }

    private static void requireColumns(SqlCheck check, List<String> one, List<String> found) {
        if (one.size() != found.size()) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "check " + check.name() + ": both queries are expected to give as many columns; the source's gives "
                            + one.size() + " " + one + ", the target's " + found.size() + " " + found);
        }
    }

    private RowSet askSource(SqlCheck check, String query) {
        if (!source.capabilities().sql()) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "check " + check.name() + ": a source of kind " + source.connector()
                            + " answers no SQL; leave its query out, and write the target's so that it gives no rows");
        }
        QueryRows answer;
        try {
            answer = source.query(query, settings.maxRows());
        } catch (SluiceException e) {
            if (e.kind() != ErrorKind.CONFIGURATION) {
                throw e;
            }
            throw SluiceException.of(ErrorKind.CONFIGURATION, "check " + check.name() + ": " + e.getMessage(), e);
        }
        RowSet rows = new RowSet(answer.columns());
        for (List<@Nullable Object> row : answer.rows()) {
            rows.add(row.stream().map(Values::ofSource).toArray());
        }
        return rows;
    }

    private RowSet askTarget(SqlCheck check) {
        return target.inTransaction(new TargetQuery(check, settings)::ask);
    }
}
