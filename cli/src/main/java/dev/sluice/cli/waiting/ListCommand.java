package dev.sluice.cli.waiting;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.sinks.postgresql.control.WaitingList;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice waiting list}. Reads; changes nothing. */
@Command(
        name = "list",
        description =
                "Show every row that deviates from the source: key, what it waits for, since when, whether it is accepted.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class ListCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Mixin
    private FilterOptions filter;

    @Option(
            names = "--limit",
            paramLabel = "ROWS",
            defaultValue = "100",
            description = "Show so many rows, those that wait longest (default: ${DEFAULT-VALUE}).")
    private long limit;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (limit < 1) {
            throw new ParameterException(spec.commandLine(), "--limit must be at least 1, not " + limit);
        }
        Configuration configuration = options.load();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system());
                WaitingReport report = WaitingReport.to(spec.commandLine().getOut(), json)) {
            WaitingList waiting = new WaitingList(target.database(), configuration.pipeline());
            report.begin(configuration.pipeline());
            report.end(waiting.list(filter.filter(), limit, report::row));
        }
        return 0;
    }
}
