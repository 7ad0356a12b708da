package dev.sluice.cli.lanes;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice lanes list}. Reads; changes nothing. */
@Command(name = "list", description = "Show every lane: its tables, where it began, what is applied, why it stopped.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class ListCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration configuration = options.load();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system())) {
            StoredLayout layout = new LaneRegistry(target.database(), configuration.pipeline())
                    .read()
                    .orElseThrow(() -> SluiceException.of(
                            ErrorKind.CONFIGURATION,
                            "pipeline " + configuration.pipeline() + " is not prepared; start it with: sluice run"));
            LaneReport report =
                    new LaneReport(layout, PipelineStatus.read(target.database(), configuration.pipeline()));
            PrintWriter out = spec.commandLine().getOut();
            out.println(json ? report.json() : report.text());
            out.flush();
        }
        return 0;
    }
}
