package dev.sluice.cli.lanes;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.Sources;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Stations;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice lanes migrate}. May be killed at any point and run again. */
@Command(
        name = "migrate",
        description = {
            "Bring the lanes into the layout that configuration and foreign keys ask for, while nothing of the pipeline runs.",
            "The old lanes are drained; the new ones go on where they ended. No table is read again."
        })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class MigrateCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration configuration = options.load();
        InstantSource clock = InstantSource.system();
        PrintWriter out = spec.commandLine().getOut();
        try (Stations stations = Stations.open(configuration, options.dataDirectory(), clock);
                PipelineLease lease = PipelineLease.of(stations, configuration)) {
            Migration migration =
                    new Migration(configuration, Sources.of(configuration), stations, lease, clock, () -> {});
            migration.run().forEach(out::println);
            out.println("next: sluice run -c " + options.file());
            out.flush();
        }
        return 0;
    }
}
