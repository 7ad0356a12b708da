package dev.sluice.cli.prepare;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.Sources;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Stations;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice prepare}. */
@Command(
        name = "prepare",
        description =
                "Set up capture, topics, schemas and the target's control schema. May be repeated; run does it too.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class PrepareCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(names = "--dry-run", description = "Only say what would be done.")
    private boolean dryRun;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var configuration = options.load();
        InstantSource clock = InstantSource.system();
        try (Stations stations = Stations.open(configuration, options.dataDirectory(), clock);
                PipelineLease lease = PipelineLease.of(stations, configuration)) {
            Preparation preparation = new Preparation(configuration, Sources.of(configuration), stations, clock);
            PreparedPipeline prepared = dryRun ? preparation.plan() : preparation.complete(lease);
            PrintWriter out = spec.commandLine().getOut();
            prepared.remarks().forEach(out::println);
            prepared.actions().forEach(out::println);
            if (prepared.actions().isEmpty()) {
                out.println("everything is in place");
            }
            out.flush();
        }
        return 0;
    }
}
