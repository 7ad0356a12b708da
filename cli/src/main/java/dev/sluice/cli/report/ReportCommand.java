package dev.sluice.cli.report;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.Json;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.deadletters.Masks;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.RowOutcomes;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice report}. Reads the target only; changes nothing there. */
@Command(
        name = "report",
        description = {
            "Show what became of every row that was read: loaded, transformed, waiting, quarantined or gone, with rules, reasons and keys of some rows.",
            "Exit code 0 when every row is loaded or transformed, 7 when some wait or are quarantined, 3 while a snapshot is not over, 1 when the numbers do not add up."
        })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class ReportCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Write a page for people into FILE, too; it needs no other file.")
    private @Nullable Path html;

    @Option(
            names = "--show-values",
            description = "Show the rows of dead letters, but for the values of masked columns.")
    private boolean showValues;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration configuration = options.load();
        Report report = read(configuration);
        if (html != null) {
            write(html, HtmlReport.of(report));
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.print(JsonReport.of(report)));
        } else {
            TextReport.of(report).forEach(out::println);
        }
        out.flush();
        return exitCode(report.outcomes());
    }

    private Report read(Configuration configuration) {
        try (TargetView view = TargetView.open(configuration, options.dataDirectory(), InstantSource.system())) {
            TargetDatabase database = view.database();
            RowOutcomes outcomes = RowOutcomes.read(database, configuration.pipeline());
            Masks masks = new Masks(configuration);
            MaskedKeys keys = MaskedKeys.read(
                    masks,
                    database,
                    outcomes.tables().stream().map(RowOutcomes.Table::id).toList());
            return new Report(configuration.pipeline(), outcomes, keys, masks, showValues);
        }
    }

    private static void write(Path file, String page) {
        try {
            Files.writeString(file, page);
        } catch (IOException e) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "the page cannot be written to " + file + " (" + e
                            + "); name a file in a directory that is there and may be written to with --html",
                    e);
        }
    }

    static int exitCode(RowOutcomes outcomes) {
        return switch (outcomes.verdict()) {
            case COMPLETE -> 0;
            case OPEN -> ErrorKind.INCOMPLETE.exitCode();
            case LOADING -> ErrorKind.DIFFERENT.exitCode();
            case WRONG -> ErrorKind.BUG.exitCode();
        };
    }
}
