package dev.sluice.cli.pause;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.DurationConverter;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.sinks.postgresql.control.Pause;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice pause}. May be repeated. */
@Command(
        name = "pause",
        description =
                "Write nothing to the target until sluice resume. The source is followed meanwhile; nothing is lost, only the target's lag grows.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class PauseCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(names = "--why", required = true, paramLabel = "TEXT", description = "Why; sluice status shows it.")
    private String why;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            defaultValue = "60s",
            description = "Wait so long for a transaction that is under way (default: ${DEFAULT-VALUE}).")
    private Duration patience;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (why.isBlank()) {
            throw new ParameterException(
                    spec.commandLine(), "--why needs a text: who finds the pipeline paused wants to know why");
        }
        Configuration configuration = options.load();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system())) {
            String by = System.getProperty("user.name", "unknown");
            List<String> lanes = new Pause(target.database(), configuration.pipeline()).pause(by, why, patience);
            PrintWriter out = spec.commandLine().getOut();
            out.println(
                    lanes.isEmpty()
                            ? "pipeline " + configuration.pipeline() + " is paused already"
                            : "paused " + String.join(", ", lanes)
                                    + ": nothing is written to the target before: sluice resume");
            out.flush();
        }
        return 0;
    }
}
