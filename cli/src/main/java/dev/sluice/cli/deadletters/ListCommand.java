package dev.sluice.cli.deadletters;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.DeadLetterList;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Filter;
import dev.sluice.sinks.postgresql.control.DeadLetterList.State;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice dead-letters list}. Reads; changes nothing. */
@Command(
        name = "list",
        description =
                "Show events that could not become rows: number, row, why. Those that are open stand against a cutover.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class ListCommand implements Callable<Integer> {
    private static final String EVERY_STATE = "all";

    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(
            names = "--table",
            paramLabel = "TABLE",
            description = "Only those of this table of the target, schema.table.")
    private @Nullable String table;

    @Option(
            names = "--reason",
            paramLabel = "REASON",
            description = "Only those with this reason, for example not-null.")
    private @Nullable String reason;

    @Option(
            names = "--state",
            paramLabel = "STATE",
            defaultValue = "open",
            description =
                    "Only those that are open, superseded, retried or discarded, or all (default: ${DEFAULT-VALUE}).")
    private String state;

    @Option(
            names = "--limit",
            paramLabel = "ROWS",
            defaultValue = "100",
            description = "Show so many, the oldest ones (default: ${DEFAULT-VALUE}).")
    private long limit;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (limit < 1) {
            throw usage("--limit must be at least 1, not " + limit);
        }
        Filter filter = new Filter(table == null ? null : TableId.parse(table), reason, state());
        Configuration configuration = options.load();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system());
                LetterReport report = LetterReport.to(spec.commandLine().getOut(), json)) {
            DeadLetterList letters = new DeadLetterList(target.database(), configuration.pipeline());
            report.begin(configuration.pipeline());
            report.end(letters.list(filter, limit, report::letter));
        }
        return 0;
    }

    private @Nullable State state() {
        if (EVERY_STATE.equalsIgnoreCase(state)) {
            return null;
        }
        for (State each : State.values()) {
            if (each.text().equals(state.toLowerCase(Locale.ROOT))) {
                return each;
            }
        }
        throw usage("--state is open, superseded, retried, discarded or all, not '" + state + "'");
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
