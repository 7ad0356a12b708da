package dev.sluice.cli.waiting;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.WaitingList.Filter;
import dev.sluice.sinks.postgresql.control.WaitingList.Kind;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which rows a command is about. */
final class FilterOptions {
    @Option(
            names = "--kind",
            paramLabel = "KIND",
            description =
                    "Only rows of this kind: wait (not there), stale (an older version is there), hold (deleted in the source).")
    private @Nullable Kind kind;

    @Option(
            names = "--table",
            paramLabel = "TABLE",
            description = "Only rows of this table of the target, schema.table.")
    private @Nullable String table;

    Filter filter() {
        return new Filter(kind, table == null ? null : TableId.parse(table));
    }
}
