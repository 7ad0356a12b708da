package dev.sluice.cli.verify;

import dev.sluice.cli.Version;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.VerifySettings;
import dev.sluice.cli.deadletters.Masks;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.verification.CheckResult;
import dev.sluice.verification.Passage;
import dev.sluice.verification.Result;
import dev.sluice.verification.TableTask;
import dev.sluice.verification.TargetSessions;
import dev.sluice.verification.VerificationListener;
import dev.sluice.verification.VerificationSettings;
import dev.sluice.verification.checks.SqlCheck;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One comparison, from looking at what there is to the report. */
final class VerifyRun {
    private static final Logger LOG = LoggerFactory.getLogger(VerifyRun.class);

    private final Configuration configuration;
    private final Path dataDirectory;
    private final SourceConnector connector;
    private final Ask ask;
    private final String command;
    private final Engine.Factory engines;
    private final InstantSource clock;
    private final Duration restart;
    private final String pipeline;
    private final Masks masks;

    /**
     * @param command what was typed, for the report
     * @param restart how long a part of the pipeline that is missing is waited for
     */
    VerifyRun(
            Configuration configuration,
            Path dataDirectory,
            SourceConnector connector,
            Ask ask,
            String command,
            Engine.Factory engines,
            InstantSource clock,
            Duration restart) {
        this.configuration = configuration.with(ask.settings());
        this.dataDirectory = dataDirectory;
        this.connector = connector;
        this.ask = ask;
        this.command = command;
        this.engines = engines;
        this.clock = clock;
        this.restart = restart;
        this.pipeline = configuration.pipeline();
        this.masks = new Masks(configuration);
    }

    /**
     * Compares, and repairs where that was asked for.
     *
     * @param views shows how far it is
     * @param told takes the result, while the keys can still be read
     */
    int run(Supplier<VerifyView> views, ToIntFunction<Report> told) {
        try (TargetView view = TargetView.open(configuration, dataDirectory, clock)) {
            TargetDatabase target = view.database();
            Scope scope = Scope.read(configuration, connector, target, ask, clock);
            return VerifierLease.holding(target, pipeline, held -> run(scope, target, held, views, told));
        }
    }

    /** What would be repaired. */
    int list(PrintWriter out) {
        try (TargetView view = TargetView.open(configuration, dataDirectory, clock)) {
            TargetDatabase target = view.database();
            Scope scope = Scope.read(configuration, connector, target, ask, clock);
            RepairList list = new RepairList(
                    pipeline,
                    scope.tasks(),
                    NewestVerifications.read(target, pipeline),
                    engine(scope, target, new NoPassage()),
                    scope.keyMasks(masks, target));
            return ask.json() ? list.json(out) : list.text(out);
        }
    }

    /** @param startedMeanwhile whether the pipeline was, though nobody asked it */
    private record Compared(Result result, boolean startedMeanwhile) {}

    /** @param held throws when this comparison may not go on */
    private int run(
            Scope scope, TargetDatabase target, Runnable held, Supplier<VerifyView> views, ToIntFunction<Report> told) {
        OldVerifications old = new OldVerifications(target, pipeline);
        old.forgetAnswers();
        Compared compared = compared(scope, target, held, views);
        held.run();
        int exitCode = told.applyAsInt(report(scope, target, compared));
        tidy(old, compared.result());
        return exitCode;
    }

    /** What was found is told by now: nothing of that may be lost because something is left lying about. */
    private void tidy(OldVerifications old, Result result) {
        try {
            if (ask.continuous()) {
                old.isOneOfMany(result.id());
            }
            old.delete();
        } catch (SluiceException e) {
            LOG.warn("Cannot take older comparisons away; the next one tries again: {}", e.getMessage());
        }
    }

    private Report report(Scope scope, TargetDatabase target, Compared compared) {
        Result result = compared.result();
        Coverage coverage = new Coverage(
                scope.captured().size(),
                scope.notCompared(),
                ask.checks()
                        ? List.of()
                        : sqlChecks().stream().map(SqlCheck::name).toList(),
                compared.startedMeanwhile());
        return new Report(
                result,
                coverage,
                new Report.Made(
                        databaseOfSource(scope), target.name(), command, Version.text(), clock.instant(), ask.strict()),
                engine(scope, target, new NoPassage()),
                scope.keyMasks(masks, target),
                ExitCode.of(result, coverage, ask.strict()));
    }

    private Compared compared(Scope scope, TargetDatabase target, Runnable held, Supplier<VerifyView> views) {
        if (ask.checks() && !configuration.checks().isEmpty()) {
            // A mistake shows now, and not when hours have been spent.
            engine(scope, target, new NoPassage()).requireChecks(sqlChecks());
        }
        Passages passages = new Passages(configuration, dataDirectory, target, clock, restart);
        try (VerifyView view = views.get()) {
            VerificationListener listener = new Guarded(view, held);
            Optional<RunningPassage> running = passages.open(scope.laneOf(), view::say);
            if (running.isPresent()) {
                try (RunningPassage passage = running.get()) {
                    return new Compared(result(scope, target, passage, listener), false);
                }
            }
            PipelineStatus before = PipelineStatus.read(target, pipeline);
            if (ask.what().repairs()) {
                Passages.requireSomePart(pipeline, before);
            }
            Result result = result(scope, target, new NoPassage(), listener);
            return new Compared(result, Passages.hasRun(before, PipelineStatus.read(target, pipeline)));
        }
    }

    private Result result(Scope scope, TargetDatabase target, Passage passage, VerificationListener listener) {
        Engine engine = engine(scope, target, passage);
        Result result = compared(engine, scope.tasks(), listener);
        // Those of an earlier comparison say nothing of this one.
        return result.withChecks(
                ask.checks() && !configuration.checks().isEmpty() ? checked(engine, result, scope) : List.of());
    }

    /** Where nobody can be asked any more, what was compared still counts. */
    private List<CheckResult> checked(Engine engine, Result result, Scope scope) {
        try {
            return engine.check(result.id(), sqlChecks(), scope.oneOfEachLane(), scope.masked(masks));
        } catch (SluiceException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            return sqlChecks().stream()
                    .map(check -> new CheckResult(
                            check.name(), CheckResult.Outcome.UNSETTLED, -1, -1, String.valueOf(e.getMessage())))
                    .toList();
        }
    }

    private List<SqlCheck> sqlChecks() {
        return configuration.checks().stream()
                .map(check -> new SqlCheck(check.name(), check.source().orElse(null), check.target(), check.covers()))
                .toList();
    }

    private Result compared(Engine engine, List<TableTask> tasks, VerificationListener listener) {
        return switch (ask.what()) {
            case COMPARE -> engine.run(ask.mode(), ask.samplePercent(), tasks, ask.fresh(), listener);
            case COMPARE_AND_REPAIR -> {
                Result result = engine.run(ask.mode(), ask.samplePercent(), tasks, ask.fresh(), listener);
                yield isRepairable(result) ? engine.repair(tasks, listener) : result;
            }
            case RECHECK -> engine.recheck(tasks, listener);
            case RECHECK_AND_REPAIR -> {
                Result result = engine.recheck(tasks, listener);
                yield isRepairable(result) ? engine.repair(tasks, listener) : result;
            }
            case LIST_REPAIRS -> throw new IllegalStateException("nothing is compared for a list");
        };
    }

    private static boolean isRepairable(Result result) {
        return result.tables().stream()
                .flatMap(table -> table.counts().keySet().stream())
                .anyMatch(verdict -> verdict.isRepairable());
    }

    private Engine engine(Scope scope, TargetDatabase target, Passage passage) {
        VerifySettings settings = ask.settings();
        TargetSessions sessions = TargetTransactions.of(target);
        return engines.open(
                pipeline,
                sources(scope),
                sessions,
                passage,
                new VerificationSettings(
                        settings.chunkRows(),
                        settings.parallelism(),
                        settings.maxRowsPerSecond(),
                        settings.maxLag(),
                        ask.showValues()),
                clock);
    }

    private Supplier<ChangeSource> sources(Scope scope) {
        return () -> {
            ChangeSource source = connector.source(scope.captured(), pipeline, scope.pipelineId());
            try {
                source.open(null);
                return source;
            } catch (RuntimeException e) {
                source.close();
                throw e;
            }
        };
    }

    private String databaseOfSource(Scope scope) {
        try (ChangeSource unopened = connector.source(scope.captured(), pipeline, scope.pipelineId())) {
            return unopened.connector() + " " + unopened.database();
        }
    }
}
