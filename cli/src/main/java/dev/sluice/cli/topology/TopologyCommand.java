package dev.sluice.cli.topology;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.Sources;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.CapturedTables;
import dev.sluice.cli.prepare.Layouts;
import dev.sluice.cli.prepare.PreparedPipeline;
import dev.sluice.cli.prepare.RecordedPipeline;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice topology}. Reads the target's catalog, and the source's where the pipeline is not prepared yet; changes nothing. */
@Command(
        name = "topology",
        description = "Show lanes, tables, topics, stores and nodes of the topology, as text or for Graphviz.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class TopologyCommand implements Callable<Integer> {
    enum Format {
        TEXT,
        DOT
    }

    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(
            names = "--format",
            defaultValue = "text",
            paramLabel = "FORMAT",
            description = "text or dot (default: ${DEFAULT-VALUE}); draw the latter with: dot -Tsvg.")
    private Format format;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration configuration = options.load();
        InstantSource clock = InstantSource.system();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), clock)) {
            TopologyReport report = new TopologyReport(configuration, layout(configuration, target, clock));
            PrintWriter out = spec.commandLine().getOut();
            out.print(
                    switch (format) {
                        case TEXT -> report.text();
                        case DOT -> report.dot();
                    });
            out.flush();
        }
        return 0;
    }

    private static LaneLayout layout(Configuration configuration, TargetView target, InstantSource clock) {
        return new RecordedPipeline(configuration, target.database(), clock)
                .find()
                .map(PreparedPipeline::layout)
                .orElseGet(() -> planned(configuration, target));
    }

    private static LaneLayout planned(Configuration configuration, TargetView target) {
        return Layouts.wanted(
                configuration.lanes(),
                Catalog.of(CapturedTables.read(configuration, Sources.of(configuration), target.database()).stream()
                        .map(CapturedTable::target)
                        .toList()));
    }
}
