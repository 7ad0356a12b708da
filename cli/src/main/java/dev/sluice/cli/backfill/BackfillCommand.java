package dev.sluice.cli.backfill;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.Sources;
import dev.sluice.cli.binding.Binding;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.CapturedTables;
import dev.sluice.cli.signals.Liveness;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice backfill}. Killed and run again, it waits for what it began; when that is over by then, it begins anew, which changes nothing that is right. */
@Command(
        name = "backfill",
        description = {
            "Read tables from the source again while the pipeline runs, and let rows leave the target that the source has no more.",
            "The publisher has to run. Run again while the same backfill is under way, it waits for that.",
            "Exit code 7 when rows of these tables wait or are dead letters afterwards."
        })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class BackfillCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(
            names = "--tables",
            required = true,
            split = ",",
            paramLabel = "TABLE",
            description = "Tables of the target, with or without their schema.")
    private List<String> tables;

    @Option(
            names = "--where",
            paramLabel = "CONDITION",
            description =
                    "Read only rows for which this holds: one condition in the source's own SQL, for every table named.")
    private @Nullable String where;

    @Option(
            names = "--truncate",
            description = "Empty the tables first. Rows that other tables refer to stay until they are read again.")
    private boolean truncate;

    @Option(
            names = "--no-wait",
            description = "Only ask for it. Rows that the source has no more leave when it is run again without this.")
    private boolean noWait;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        validate();
        Configuration configuration = options.load();
        InstantSource clock = InstantSource.system();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), clock)) {
            PipelineStatus status = PipelineStatus.read(target.database(), configuration.pipeline());
            String pipelineId = requireRunning(configuration, status);
            SourceConnector connector = Sources.of(configuration);
            Binding binding = CapturedTables.bindLeniently(configuration, connector, target.database());
            Request request = Request.of(tables, binding, configuration, where, truncate);
            request.requireOwn();
            request.requireTruncatable(binding);
            try (ChangeSource source = connector.source(binding.tables(), configuration.pipeline(), pipelineId);
                    BackfillView view = BackfillView.on(spec.commandLine().getErr())) {
                source.open(null);
                requireCondition(source, request);
                return new BackfillRun(configuration, options.dataDirectory(), target.database(), source, view, clock)
                        .run(request, noWait, this::asked, this::report);
            }
        }
    }

    private void validate() {
        if (where != null && where.isBlank()) {
            throw new ParameterException(spec.commandLine(), "--where needs a condition");
        }
        if (where != null && truncate) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--truncate empties the tables, and with --where only some rows would come back; use one of them");
        }
    }

    private static String requireRunning(Configuration configuration, PipelineStatus status) {
        String pipeline = configuration.pipeline();
        if (status.pipeline().isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION, "pipeline " + pipeline + " is not prepared; start it with: sluice run");
        }
        if (!Liveness.hasPublisher(status)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "no publisher of pipeline " + pipeline
                            + " runs, and only it reads tables again. Start it with: sluice run, then run this again");
        }
        return status.pipeline().get().pipelineId();
    }

    private static void requireCondition(ChangeSource source, Request request) {
        String condition = request.where();
        if (condition == null) {
            return;
        }
        if (!source.capabilities().conditionalSnapshot()) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "a source of kind " + source.connector() + " cannot read under a condition; leave out --where");
        }
        request.ids().forEach(table -> source.requireCondition(table, condition));
    }

    private void asked(Standing standing) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(
                json
                        ? BackfillReport.asked(options.load().pipeline(), standing)
                        : "not waited for: sluice status shows how far it is");
        out.flush();
    }

    private int report(BackfillReport report) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report.json());
        } else {
            report.text().forEach(out::println);
        }
        out.flush();
        return report.isIncomplete() ? ErrorKind.INCOMPLETE.exitCode() : 0;
    }
}
