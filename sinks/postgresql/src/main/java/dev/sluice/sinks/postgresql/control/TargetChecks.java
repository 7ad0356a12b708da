package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Table;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import dev.sluice.sinks.postgresql.catalog.TargetTrigger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What in the target stands against capturing a table. Pure. */
final class TargetChecks {
    private final PreparationRequest request;
    private final Recorded recorded;

    TargetChecks(PreparationRequest request, Recorded recorded) {
        this.request = request;
        this.recorded = recorded;
    }

    /** Tables that another pipeline captures: the sequences of the two have nothing to do with each other. */
    List<Finding> taken() {
        return request.captured().tables().stream()
                .filter(table -> recorded.others().containsKey(table.id()))
                .map(
                        table -> Finding.error(
                                "target-table-taken",
                                "table " + table.id(),
                                "is captured by pipeline " + recorded.others().get(table.id())
                                        + " already, and two pipelines cannot write to one table",
                                "Exclude it here or there (and run prepare there), name another target table, or remove that pipeline."))
                .toList();
    }

    List<Finding> check(Table captured, @Nullable TargetTable target) {
        String subject = "table " + captured.id();
        if (target == null) {
            return List.of(Finding.error(
                    "target-table-missing",
                    subject,
                    "is not in the target",
                    "Create it (sluice init --ddl proposes a definition) or exclude it."));
        }
        List<Finding> findings = new ArrayList<>();
        key(captured, target, subject, findings);
        columns(captured, target, subject, findings);
        privileges(target, subject, findings);
        if (target.holdsRows() && !request.adopt() && !recorded.tables().contains(captured.id())) {
            findings.add(Finding.error(
                    "target-table-not-empty",
                    subject,
                    "holds rows that Sluice did not write",
                    "Empty it, or set adopt: true for it to let Sluice overwrite rows with equal keys."));
        }
        return findings;
    }

    private static void key(Table captured, TargetTable target, String subject, List<Finding> findings) {
        if (target.primaryKey().isEmpty()) {
            findings.add(
                    Finding.error("target-table-without-key", subject, "has no primary key in the target", "Add one."));
        } else if (!target.primaryKey().equals(captured.primaryKey())) {
            findings.add(Finding.error(
                    "target-key-changed",
                    subject,
                    "has the primary key " + target.primaryKey() + ", expected " + captured.primaryKey(),
                    "Restore the key."));
        } else if (target.deferrableKey()) {
            findings.add(Finding.error(
                    "target-key-deferrable",
                    subject,
                    "has a deferrable primary key, which PostgreSQL cannot use for upserts",
                    "Make it NOT DEFERRABLE."));
        }
    }

    private void columns(Table captured, TargetTable target, String subject, List<Finding> findings) {
        for (var column : captured.columns()) {
            TargetColumn found = target.column(column.name()).orElse(null);
            if (found == null) {
                findings.add(Finding.error(
                        "target-column-missing",
                        subject,
                        "has no column " + column.name(),
                        "Add it or exclude it in the configuration."));
            } else if (found.generated()) {
                findings.add(Finding.error(
                        "target-column-generated",
                        subject,
                        "computes column " + column.name() + " itself",
                        "Exclude the column in the configuration."));
            } else if (found.type() != column.type()) {
                findings.add(Finding.error(
                        "target-column-type",
                        subject,
                        "has column " + column.name() + " of type " + found.nativeType() + ", expected "
                                + column.nativeType(),
                        "Restore the type, or capture the table anew."));
            }
        }
        for (TargetColumn column : target.columns()) {
            boolean filled = column.nullable()
                    || column.hasDefault()
                    || column.generated()
                    || request.derived().getOrDefault(captured.id(), Set.of()).contains(column.name());
            if (!filled && captured.indexOf(column.name()) < 0) {
                findings.add(Finding.error(
                        "target-column-not-captured",
                        subject,
                        "needs a value for column " + column.name() + ", which is not captured",
                        "Map the column, give it a default or make it nullable."));
            }
        }
    }

    private void privileges(TargetTable target, String subject, List<Finding> findings) {
        if (!target.missingPrivileges().isEmpty()) {
            findings.add(Finding.error(
                    "target-privilege",
                    subject,
                    "does not grant " + String.join(", ", target.missingPrivileges()) + " to the user of target.url",
                    "GRANT " + String.join(", ", target.missingPrivileges()) + " ON " + target.id()
                            + " to that user."));
        }
        List<String> changes = new ArrayList<>();
        List<String> remedies = new ArrayList<>(List.of("make the user of target.url a member of " + target.owner()));
        shape(target, changes, remedies);
        triggers(target, changes, remedies);
        if (!changes.isEmpty() && !target.owned()) {
            findings.add(Finding.error(
                    "target-owner",
                    subject,
                    "belongs to " + target.owner() + "; " + String.join(" and ", changes) + " needs the owner",
                    capitalized(String.join(", or ", remedies)) + "."));
        }
    }

    private void shape(TargetTable target, List<String> changes, List<String> remedies) {
        boolean guarded = !request.unguarded().contains(target.id());
        if (guarded && !target.sequenceColumn()) {
            changes.add("adding column _sluice_seq");
            remedies.add("set guard: none for it, which needs no column");
        } else if (!guarded && target.sequenceColumn() && recorded.guarded(target.id())) {
            changes.add("dropping column _sluice_seq");
            remedies.add("leave guard: column");
        }
    }

    private void triggers(TargetTable target, List<String> changes, List<String> remedies) {
        if (request.disableTriggers() && target.userTriggers().stream().anyMatch(TargetTrigger::enabled)) {
            changes.add("disabling its triggers");
            remedies.add("set apply.triggers: on, which lets them fire");
        } else if (!request.disableTriggers() && !recorded.pausedOf(target.id()).isEmpty()) {
            changes.add("enabling its triggers again");
            remedies.add("leave apply.triggers: off");
        }
    }

    private static String capitalized(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
}
