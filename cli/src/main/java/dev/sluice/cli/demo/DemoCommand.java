package dev.sluice.cli.demo;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.DurationConverter;
import dev.sluice.cli.run.Terminal;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice demo}. Ends with 0 only when every row is equal on both sides. */
@Command(
        name = "demo",
        description = {
            "Show Sluice on an application of its own: a SQLite database that another process keeps writing to",
            "is moved to PostgreSQL and followed; then both sides are compared row by row."
        })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class DemoCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--rows",
            paramLabel = "N",
            description = "Rows at the beginning, about (default: ${DEFAULT-VALUE}).")
    private long rows = 20_000;

    @Option(
            names = "--writes-per-second",
            paramLabel = "N",
            description = "Rows that the application writes each second (default: ${DEFAULT-VALUE}).")
    private double writesPerSecond = 200;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            defaultValue = "20s",
            converter = DurationConverter.class,
            description =
                    "How long to follow changes after the backfill, e.g. 500ms, 20s, 5m (default: ${DEFAULT-VALUE}).")
    private Duration duration = Duration.ZERO;

    @Option(
            names = "--data-dir",
            paramLabel = "DIRECTORY",
            description = "Empty or new; it stays at the end (default: a temporary one that does not).")
    private @Nullable Path dataDirectory;

    @Option(names = "--keep", description = "Keep the temporary directory.")
    private boolean keep;

    @Option(
            names = "--latency",
            hidden = true,
            description = "Measure the time from each commit until its rows are visible.")
    private boolean latency;

    @Override
    public Integer call() throws SQLException {
        if (rows < 1 || writesPerSecond < 0.1) {
            throw usage("--rows must be at least 1 and --writes-per-second at least 0.1");
        }
        Path directory = directory();
        DemoOptions options =
                new DemoOptions(rows, writesPerSecond, duration, directory, dataDirectory == null && !keep, latency);
        PrintWriter out = spec.commandLine().getOut();
        try (Screen screen = Terminal.isInteractive() ? new DemoBars(out) : new Lines(out)) {
            return new Demo(options, screen, InstantSource.system()).run();
        }
    }

    private Path directory() {
        Path given = dataDirectory;
        try {
            if (given == null) {
                return Files.createTempDirectory("sluice-demo-");
            }
            Path directory = Files.createDirectories(given.toAbsolutePath().normalize());
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                if (entries.iterator().hasNext()) {
                    throw usage("--data-dir: expected an empty or new directory, and " + directory
                            + " holds files already; name another one, or go on with the pipeline in it: sluice run -c "
                            + directory.resolve("sluice.yaml"));
                }
            }
            return directory;
        } catch (IOException e) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "the demo's directory " + (given == null ? "" : given) + " cannot be made: " + e,
                    e);
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
