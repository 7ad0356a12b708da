package dev.sluice.cli.demo;

import dev.sluice.cli.SluiceCommand;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.run.Pipeline;
import dev.sluice.cli.verify.WholeComparison;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;
import java.util.random.RandomGenerator;

/**
 * The demo from its first row to its verdict: an application writes in a process of its own, a pipeline made with the commands that a user has
 * follows it, the application stops, what it wrote is drained, both sides are compared.
 */
final class Demo {
    private static final Duration CHILDREN_ARE_FASTER = Duration.ofSeconds(1);
    private static final int INTERRUPTED = 130;
    private static final int KEYS_OF_EACH_VERDICT = 5;

    private final DemoOptions options;
    private final Screen screen;
    private final InstantSource clock;
    private final Interruption interruption = Interruption.listen();
    private final RandomGenerator random = new Random(20_260_101);

    Demo(DemoOptions options, Screen screen, InstantSource clock) {
        this.options = options;
        this.screen = screen;
        this.clock = clock;
    }

    /** @return the exit code */
    int run() throws SQLException {
        Instant begin = clock.instant();
        try (interruption;
                DemoDirectory directory = new DemoDirectory(options.directory(), options.delete())) {
            makeApplication();
            init();
            try (WriterProcess writer = WriterProcess.start(
                    options.database(),
                    options.writesPerSecond(),
                    options.latency(),
                    options.directory().resolve("application.log"))) {
                return run(writer, begin);
            } finally {
                if (!options.delete()) {
                    screen.say("kept in " + directory.path());
                }
            }
        } catch (RuntimeException e) {
            if (interruption.isRequestedWithin(CHILDREN_ARE_FASTER)) {
                return INTERRUPTED;
            }
            throw e;
        }
    }

    private int run(WriterProcess writer, Instant begin) throws SQLException {
        Configuration configuration = Configuration.load(options.configuration());
        screen.say("starting Kafka, PostgreSQL and the pipeline; the application writes already");
        try (Pipeline pipeline = Pipeline.start(configuration, options.dataDirectory(), false, clock)) {
            if (!options.delete()) {
                screen.say("look at it with any client: " + pipeline.targetUrl());
            }
            Following following = new Following(pipeline, writer, screen, interruption, clock);
            following.backfill();
            // What was written meanwhile comes first; the figures are those of a pipeline that has caught up.
            Duration catchUp = following.awaitApplied(clock.instant());
            Optional<Percentiles> latency = follow(following, pipeline);
            WriterTotals written = writer.stop();
            Duration drain = following.awaitApplied(clock.instant());
            screen.say("comparing every row of both sides");
            WholeComparison report = compare(configuration);
            new Summary(report, written, following, catchUp, latency, drain, Duration.between(begin, clock.instant()))
                    .lines()
                    .forEach(screen::say);
            return report.result().equal() ? 0 : ErrorKind.DIFFERENT.exitCode();
        }
    }

    private void makeApplication() throws SQLException {
        screen.say("making the application's SQLite database " + options.database());
        try (AppDatabase database = AppDatabase.open(options.database())) {
            database.createTables();
            if (options.latency()) {
                database.createProbes();
            }
            long rows = new Seed(database, new Values(random, clock)).fill(options.rows());
            screen.say(String.format("%,d rows in %d tables", rows, database.tables()));
        }
    }

    /** With the command that a user has. */
    private void init() {
        interruption.check();
        StringWriter said = new StringWriter();
        PrintWriter out = new PrintWriter(said);
        int exitCode = SluiceCommand.commandLine()
                .setOut(out)
                .setErr(out)
                .execute(
                        "init",
                        "--source",
                        "sqlite:" + options.database(),
                        "-o",
                        options.configuration().toString());
        if (exitCode != 0) {
            throw SluiceException.of(
                    ErrorKind.BUG, "sluice init on the demo's own database ended with " + exitCode + ": " + said);
        }
        screen.say("sluice init wrote " + options.configuration());
    }

    private Optional<Percentiles> follow(Following following, Pipeline pipeline) throws SQLException {
        if (!options.latency()) {
            following.follow(options.duration());
            return Optional.empty();
        }
        try (LatencyProbe probe = LatencyProbe.start(pipeline.targetUrl(), clock)) {
            following.follow(options.duration());
            return Optional.of(probe.finish());
        }
    }

    /** As the command does it, of which only the result is shown. */
    private WholeComparison compare(Configuration configuration) {
        interruption.check();
        return WholeComparison.of(configuration, options.dataDirectory(), KEYS_OF_EACH_VERDICT, clock);
    }
}
