package dev.sluice.cli.verify;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.Sources;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.CapturedTables;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.verification.Comparison;
import dev.sluice.verification.ComparisonOptions;
import dev.sluice.verification.ComparisonReport;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice verify}. Reads both sides; exact while both are quiet. */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
@Command(
        name = "verify",
        description = {
            "Compare every row of source and target, while the application is stopped and everything is applied.",
            "Ends with 0 when all are equal, 3 when rows differ, 7 when all that differ wait or are quarantined."
        })
public final class VerifyCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Option(names = "--show-values", description = "Show unequal values; they may be confidential.")
    private boolean showValues;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration configuration = options.load();
        InstantSource clock = InstantSource.system();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), clock)) {
            ComparisonReport report = compare(configuration, Sources.of(configuration), target.database());
            PrintWriter out = spec.commandLine().getOut();
            out.println(json ? VerifyReport.json(report) : VerifyReport.text(report));
            out.flush();
            return exitCode(report);
        }
    }

    private ComparisonReport compare(Configuration configuration, SourceConnector connector, TargetDatabase target) {
        String pipeline = configuration.pipeline();
        String pipelineId = PipelineStatus.read(target, pipeline)
                .pipeline()
                .orElseThrow(() -> SluiceException.of(
                        ErrorKind.CONFIGURATION,
                        "pipeline " + pipeline + " is not prepared; start it with: sluice run"))
                .pipelineId();
        List<CapturedTable> tables = CapturedTables.read(configuration, connector, target);
        ComparisonOptions defaults = ComparisonOptions.DEFAULT;
        ComparisonOptions comparison = new ComparisonOptions(defaults.chunkRows(), defaults.listedKeys(), showValues);
        try (ChangeSource source = connector.source(tables, pipeline, pipelineId)) {
            source.open(null);
            return target.withConnection(connection ->
                    Comparison.of(source, connection, pipeline, comparison).run((table, rows) -> {}));
        }
    }

    private static int exitCode(ComparisonReport report) {
        if (report.equal()) {
            return 0;
        }
        return report.explained() ? ErrorKind.INCOMPLETE.exitCode() : ErrorKind.DIFFERENT.exitCode();
    }
}
