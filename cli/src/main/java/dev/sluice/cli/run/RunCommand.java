package dev.sluice.cli.run;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.Termination;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.report.OutcomeTable;
import dev.sluice.cli.stations.Role;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.RowOutcomes;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice run}. Ends on SIGTERM or SIGINT, on the first failure, or when it has caught up and was asked to end then. */
@Command(
        name = "run",
        description =
                "Prepare, load everything, follow every change. Stops cleanly on SIGTERM; go on by running again.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class RunCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);
    private static final Duration LOOK = Duration.ofMillis(500);

    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(
            names = "--until-caught-up",
            description = "End when everything up to now is applied: 0, or 7 when rows wait or are quarantined;"
                    + " 3 when it is stopped before.")
    private boolean untilCaughtUp;

    @Option(names = "--take-over", description = "Take the pipeline over from a process that runs it elsewhere.")
    private boolean takeOver;

    @Option(
            names = "--roles",
            split = ",",
            paramLabel = "ROLE",
            description = "Run these parts only: publisher, streams, sink. Several processes may run streams.")
    private @Nullable EnumSet<Role> roles;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration configuration = options.load();
        Set<Role> chosen = roles == null ? Role.all() : roles;
        if (untilCaughtUp && !chosen.containsAll(Role.all())) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "--until-caught-up needs every role in this process, because only then it is known what is still to come; leave out --roles");
        }
        AtomicBoolean signalled = new AtomicBoolean();
        Thread hook = Termination.onSignal(() -> signalled.set(true));
        try {
            return run(configuration, chosen, signalled);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.REFUSED, "interrupted", e);
        } catch (RuntimeException | Error e) {
            // A JVM that is shutting down lets nothing new begin, and what was beginning fails in its own way.
            boolean explained = e instanceof SluiceException known && known.kind() != ErrorKind.BUG;
            if (signalled.get() && !explained) {
                return stopped();
            }
            throw e;
        } finally {
            Termination.forget(hook);
        }
    }

    private int run(Configuration configuration, Set<Role> chosen, AtomicBoolean signalled)
            throws InterruptedException {
        InstantSource clock = InstantSource.system();
        try (Pipeline pipeline =
                Pipeline.start(configuration, options.dataDirectory(), chosen, takeOver, clock, signalled::get)) {
            pipeline.remarks().forEach(line -> LOG.info("{}", line));
            String parts = chosen.containsAll(Role.all())
                    ? ""
                    : ", here " + chosen.stream().map(Role::text).collect(Collectors.joining(" and "));
            LOG.info("pipeline {} runs: {}{}", configuration.pipeline(), pipeline.size(), parts);
            return follow(pipeline, signalled, clock);
        }
    }

    private int follow(Pipeline pipeline, AtomicBoolean signalled, InstantSource clock) throws InterruptedException {
        CaughtUp caughtUp = new CaughtUp(clock);
        try (ProgressDisplay display = ProgressDisplay.forThisTerminal()) {
            while (!pipeline.awaitEnd(LOOK) && !signalled.get()) {
                Snapshot snapshot = pipeline.latestStatus();
                display.show(snapshot, clock.instant());
                if (untilCaughtUp) {
                    pipeline.requireEveryLane();
                    if (caughtUp.test(snapshot)) {
                        return finish(pipeline.outcomes());
                    }
                }
            }
        }
        pipeline.requireEveryLane();
        return stopped();
    }

    /** A wish that was fulfilled, unless more was asked for than to run. */
    private int stopped() {
        LOG.info("stopped; the next run goes on from here");
        return untilCaughtUp ? ErrorKind.DIFFERENT.exitCode() : 0;
    }

    /** What is read again meanwhile, by somebody else's wish, is not waited for. */
    private int finish(RowOutcomes outcomes) {
        PrintWriter out = spec.commandLine().getOut();
        OutcomeTable.text(outcomes.tables()).forEach(out::println);
        OutcomeTable.followed(outcomes.tables()).forEach(out::println);
        out.flush();
        if (outcomes.verdict() == RowOutcomes.Verdict.WRONG) {
            throw SluiceException.of(ErrorKind.BUG, OutcomeTable.verdict(outcomes));
        }
        return outcomes.open() > 0 ? ErrorKind.INCOMPLETE.exitCode() : 0;
    }
}
