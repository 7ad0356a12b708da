package dev.sluice.cli.status;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.Verified;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice status}. Reads; changes nothing. */
@Command(
        name = "status",
        description = "Show how the pipeline stands: lag, phase of every table, waiting rows, dead letters.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class StatusCommand implements Callable<Integer> {
    private static final int WATCH_MILLIS = 1_000;

    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Option(names = "--watch", description = "Again every second, until interrupted.")
    private boolean watch;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration configuration = options.load();
        PrintWriter out = spec.commandLine().getOut();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system())) {
            StatusReport report = new StatusReport(configuration.pipeline());
            do {
                PipelineStatus status = PipelineStatus.read(target.database(), configuration.pipeline());
                Verified verified = Verified.read(target.database(), configuration.pipeline());
                out.println(json ? report.json(status, verified) : report.text(status, verified));
                out.flush();
            } while (watch && pause());
        }
        return 0;
    }

    private static boolean pause() {
        try {
            Thread.sleep(WATCH_MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.CONFIGURATION, "interrupted", e);
        }
    }
}
