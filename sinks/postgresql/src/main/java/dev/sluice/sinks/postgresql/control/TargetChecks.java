package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What in the target stands against capturing a table. Pure. */
final class TargetChecks {
    private final boolean adopt;
    private final boolean disableTriggers;
    private final Set<TableId> known;

    /** @param known tables that the pipeline captures already; they hold rows because Sluice wrote them */
    TargetChecks(boolean adopt, boolean disableTriggers, Set<TableId> known) {
        this.adopt = adopt;
        this.disableTriggers = disableTriggers;
        this.known = known;
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
        if (target.holdsRows() && !adopt && !known.contains(captured.id())) {
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

    private static void columns(Table captured, TargetTable target, String subject, List<Finding> findings) {
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
            boolean filled = column.nullable() || column.hasDefault() || column.generated();
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
        boolean alters = !target.sequenceColumn()
                || (disableTriggers && target.userTriggers().stream().anyMatch(t -> t.enabled()));
        if (alters && !target.owned()) {
            findings.add(Finding.error(
                    "target-owner",
                    subject,
                    "belongs to " + target.owner()
                            + "; adding column _sluice_seq and disabling its triggers need the owner",
                    "Make the user of target.url a member of " + target.owner() + "."));
        }
    }
}
