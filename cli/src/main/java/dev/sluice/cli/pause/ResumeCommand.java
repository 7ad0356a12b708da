package dev.sluice.cli.pause;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.sinks.postgresql.control.Pause;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice resume}. May be repeated. */
@Command(name = "resume", description = "Go on writing to the target after sluice pause.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class ResumeCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration configuration = options.load();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system())) {
            List<String> lanes = new Pause(target.database(), configuration.pipeline()).resume();
            PrintWriter out = spec.commandLine().getOut();
            out.println(
                    lanes.isEmpty()
                            ? "pipeline " + configuration.pipeline() + " is not paused"
                            : "resumed " + String.join(", ", lanes));
            out.flush();
        }
        return 0;
    }
}
