package dev.sluice.cli.prepare;

import dev.sluice.cli.binding.Binding;
import dev.sluice.cli.binding.TableSearch;
import dev.sluice.cli.config.CheckSettings;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.NearestName;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.Case;
import dev.sluice.producers.api.ValueRules.Choice;
import dev.sluice.producers.api.ValueRules.OnEmpty;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.producers.api.ValueRules.OnJsonNull;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.producers.api.ValueRules.OnTooPrecise;
import dev.sluice.producers.api.ValueRules.OnUnmapped;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Whether the checks by SQL fit what is captured, and which columns need one. Queries are tried when they are run. */
final class SqlChecks {
    /** What changes a value so that it cannot be brought back; what a rule does by default is not what somebody chose. */
    private static final Set<Choice> LOSSY = Set.of(
            OnTooLong.TRUNCATE,
            OnNul.REMOVE,
            OnOutOfRange.CLAMP,
            OnOutOfRange.NULL,
            OnInvalid.NULL,
            OnEmpty.NULL,
            OnJsonNull.NULL,
            OnTooPrecise.ROUND,
            OnFraction.ROUND,
            OnFraction.TRUNCATE,
            OnUnmapped.NULL,
            Case.LOWER,
            Case.UPPER);

    private static final int NAMED = 10;

    private final List<CapturedTable> captured;
    private final List<Finding> findings = new ArrayList<>();
    private final Set<String> covered = new TreeSet<>();

    private SqlChecks(List<CapturedTable> captured) {
        this.captured = captured;
    }

    static void check(Configuration configuration, Binding binding, SourceConnector source, FindingsReport report) {
        List<CheckSettings> checks = configuration.checks();
        boolean asksSource = checks.stream().anyMatch(check -> check.source().isPresent());
        boolean sql = !asksSource || answersSql(binding, source);
        report.add(ErrorKind.CONFIGURATION, findings(checks, binding.tables(), source.kind(), sql));
    }

    private static boolean answersSql(Binding binding, SourceConnector source) {
        try (ChangeSource unopened = source.source(binding.tables(), "check", "check")) {
            return unopened.capabilities().sql();
        }
    }

    /** @param sql whether the source answers it */
    static List<Finding> findings(
            List<CheckSettings> checks, List<CapturedTable> captured, String sourceKind, boolean sql) {
        SqlChecks all = new SqlChecks(captured);
        for (CheckSettings check : checks) {
            if (check.source().isPresent() && !sql) {
                all.findings.add(Finding.error(
                        "check-without-sql",
                        "check " + check.name(),
                        "has a query for the source, and a source of kind " + sourceKind + " answers no SQL",
                        "leave its source out, and let target give no row when all is well"));
            }
            check.covers().forEach(column -> all.cover(check, column));
        }
        all.uncovered();
        return List.copyOf(all.findings);
    }

    private void cover(CheckSettings check, String text) {
        int dot = text.lastIndexOf('.');
        List<TableId> ids = captured.stream().map(table -> table.target().id()).toList();
        try {
            TableId id = TableSearch.find(List.of(text.substring(0, dot)), ids).first();
            CapturedTable table = captured.stream()
                    .filter(one -> one.target().id().equals(id))
                    .findFirst()
                    .orElseThrow();
            List<String> columns =
                    table.target().columns().stream().map(Column::name).toList();
            String column = text.substring(dot + 1);
            if (columns.contains(column)) {
                covered.add(id + "." + column);
            } else {
                unknown(
                        check,
                        "table " + id + " has no captured column '" + column + "'"
                                + NearestName.suggestion(column, columns));
            }
        } catch (SluiceException e) {
            unknown(check, String.valueOf(e.getMessage()).replace("--tables: ", ""));
        }
    }

    private void unknown(CheckSettings check, String message) {
        findings.add(Finding.error(
                "unknown-covered-column",
                "checks." + check.name() + ".covers",
                message,
                "name columns as the target spells them, e.g. orders.total"));
    }

    private void uncovered() {
        List<String> lossy = new ArrayList<>();
        for (CapturedTable table : captured) {
            table.target().columns().stream()
                    .map(Column::name)
                    .filter(column -> isLossy(table.rules(column)))
                    .map(column -> table.target().id() + "." + column)
                    .filter(column -> !covered.contains(column))
                    .forEach(lossy::add);
        }
        if (!lossy.isEmpty()) {
            String more = lossy.size() > NAMED ? " and " + (lossy.size() - NAMED) + " more" : "";
            findings.add(Finding.info(
                    "lossy",
                    "checks",
                    "rules may change values of " + String.join(", ", lossy.subList(0, Math.min(NAMED, lossy.size())))
                            + more + ", and nothing brings such a value back to be compared with the source's",
                    "if it matters, write a check by SQL whose covers names them"));
        }
    }

    private static boolean isLossy(ValueRules rules) {
        return !rules.map().isEmpty() || rules.choices().values().stream().anyMatch(LOSSY::contains);
    }
}
