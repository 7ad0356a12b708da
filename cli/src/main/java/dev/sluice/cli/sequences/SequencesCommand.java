package dev.sluice.cli.sequences;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.sequences.SequenceUse;
import dev.sluice.sinks.postgresql.sequences.Sequences;
import java.io.PrintWriter;
import java.math.BigInteger;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice sequences}. Changes nothing without {@code --apply}; may be repeated. */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
@Command(
        name = "sequences",
        description = {
            "Show the target's sequences (serial, identity, defaults with nextval) beside the rows and what the source has counted, or move those that are behind.",
            "Ends with 0 when none is behind, 3 when some are."
        })
public final class SequencesCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(
            names = "--apply",
            description = "Move the sequences that are behind, all or none; none goes backwards. Again at the cutover.")
    private boolean apply;

    @Option(
            names = "--without-source",
            description = "Go by the target's rows alone, where the source cannot be asked for its own counters.")
    private boolean withoutSource;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration configuration = options.load();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system())) {
            PipelineStatus status = PipelineStatus.read(target.database(), configuration.pipeline());
            if (status.pipeline().isEmpty()) {
                throw SluiceException.of(
                        ErrorKind.CONFIGURATION,
                        "pipeline " + configuration.pipeline() + " is not prepared; start it with: sluice run");
            }
            SequenceScope scope = withoutSource
                    ? SequenceScope.withoutSource(status)
                    : SequenceScope.of(configuration, target.database());
            Sequences sequences = new Sequences(target.database());
            List<SequenceUse> found = sequences.read(scope.tables(), scope.counters());
            Map<TableId, BigInteger> moved = apply ? sequences.advance(found) : Map.of();
            SequencesReport report =
                    new SequencesReport(configuration.pipeline(), status, scope.sourceAsked(), found, apply, moved);
            PrintWriter out = spec.commandLine().getOut();
            out.println(json ? report.json() : report.text());
            out.flush();
            return report.isReady() ? 0 : ErrorKind.DIFFERENT.exitCode();
        }
    }
}
