package dev.sluice.cli.deadletters;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Filter;
import dev.sluice.sinks.postgresql.control.DeadLetterList.State;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Which open letters a person means: some by number, those of a table or a reason, or all. */
final class Selection {
    @Parameters(
            paramLabel = "ID",
            description = "Dead letters by their number, as sluice dead-letters list shows it: 12 for #12.")
    private List<Long> ids = List.of();

    @Option(
            names = "--table",
            paramLabel = "TABLE",
            description = "All that are open of this table of the target, schema.table.")
    private @Nullable String table;

    @Option(
            names = "--reason",
            paramLabel = "REASON",
            description = "All that are open for this reason, for example not-null.")
    private @Nullable String reason;

    @Option(names = "--all", description = "All that are open.")
    private boolean all;

    /** Null where a filter says which. */
    @Nullable
    List<Long> ids() {
        return ids.isEmpty() ? null : ids;
    }

    Filter filter() {
        return new Filter(table == null ? null : TableId.parse(table), reason, State.OPEN);
    }

    /** @throws ParameterException when it is not said which, or twice */
    void validate(CommandSpec spec) {
        boolean filtered = table != null || reason != null;
        int ways = (ids.isEmpty() ? 0 : 1) + (filtered ? 1 : 0) + (all ? 1 : 0);
        if (ways != 1) {
            throw new ParameterException(
                    spec.commandLine(), "say which dead letters: some by their ID, or --table and --reason, or --all");
        }
    }
}
