package dev.sluice.cli.prepare;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.Sources;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Stations;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice remove}. */
@Command(
        name = "remove",
        description = "Take everything of a pipeline out of source, Kafka and target. The target's rows stay.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class RemoveCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(names = "--dry-run", description = "Only say what would be done.")
    private boolean dryRun;

    @Option(names = "--truncate-target", description = "Empty the captured tables of the target too.")
    private boolean truncateTarget;

    @Option(names = "--yes", description = "Needed, because the log in Kafka is deleted.")
    private boolean yes;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var configuration = options.load();
        if (!dryRun && !yes) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "remove deletes the topics of pipeline " + configuration.pipeline()
                            + " and its state in source and target; look at it with --dry-run, then add --yes");
        }
        InstantSource clock = InstantSource.system();
        try (Stations stations = Stations.open(configuration, options.dataDirectory(), clock);
                PipelineLease lease = PipelineLease.of(stations, configuration)) {
            List<String> actions = new Removal(configuration, Sources.of(configuration), stations, lease, clock)
                    .remove(truncateTarget, dryRun);
            PrintWriter out = spec.commandLine().getOut();
            actions.forEach(out::println);
            if (actions.isEmpty()) {
                out.println("nothing of pipeline " + configuration.pipeline() + " is left");
            }
            out.flush();
        }
        return 0;
    }
}
