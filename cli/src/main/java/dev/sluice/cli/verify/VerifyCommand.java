package dev.sluice.cli.verify;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.DurationConverter;
import dev.sluice.cli.Sources;
import dev.sluice.cli.Termination;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.VerifySettings;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.verification.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice verify}. Reads both sides, beside the running pipeline or at rest; only {@code --repair} asks for anything. Killed and run again, it goes on. */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
@Command(
        name = "verify",
        description = {
            "Compare every row of source and target while both are written, and say of every key whether it is right.",
            "Run again after it was killed, it goes on where it was.",
            "Exit code 0 when all is equal, 3 when something differs, 7 when all that differs waits or is a dead letter, 8 when it could not be told; 130 or 143 when it was interrupted."
        })
public final class VerifyCommand implements Callable<Integer> {
    private static final String ON_STDOUT = "-";

    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Option(
            names = "--tables",
            split = ",",
            paramLabel = "TABLE",
            description =
                    "Tables of the target, with or without their schema; otherwise all. Checks by SQL are about all, and so are not made.")
    private List<String> tables = List.of();

    @Option(
            names = "--sample",
            paramLabel = "N%",
            description = "Compare about so many of the keys only. sluice status shows full comparisons alone.")
    private @Nullable String sample;

    @Option(
            names = "--counts",
            description =
                    "Compare numbers of rows only, which proves little; no checks by SQL. sluice status shows full comparisons alone.")
    private boolean counts;

    @Option(names = "--fresh", description = "Begin anew, whatever was left of a comparison that was killed.")
    private boolean fresh;

    @Option(names = "--recheck", description = "Compare only the keys again that were not equal the last time.")
    private boolean recheck;

    @Option(
            names = "--repair",
            description =
                    "Have the pipeline read the differing keys again, and compare them once more. Extra rows of an adopted table that Sluice did not write stay.")
    private boolean repair;

    @Option(
            names = "--dry-run",
            description = "With --repair: list the keys of the newest comparison that would be read again.")
    private boolean dryRun;

    @Option(
            names = "--continuous",
            description =
                    "Again and again, until it is interrupted; the exit code is the newest round's, also when it failed.")
    private boolean continuous;

    @Option(
            names = "--every",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "How often, with --continuous (default: verify.every, 5m).")
    private @Nullable Duration every;

    @Option(
            names = "--max-rows-per-second",
            paramLabel = "ROWS",
            description = "Read no more rows of the source than these (default: verify.max-rows-per-second).")
    private @Nullable Integer maxRowsPerSecond;

    @Option(
            names = "--parallelism",
            paramLabel = "TABLES",
            description = "Tables that are compared at once (default: verify.parallelism, 2).")
    private @Nullable Integer parallelism;

    @Option(
            names = "--show-values",
            description = "Keep and show unequal values, but for masked columns; they may be confidential.")
    private boolean showValues;

    @Option(
            names = "--fail-on-mismatch",
            description = "Exit code 3 also when all that differs waits or is a dead letter.")
    private boolean failOnMismatch;

    @Option(
            names = "--json",
            arity = "0..1",
            fallbackValue = ON_STDOUT,
            paramLabel = "FILE",
            description = "Report as JSON, with every key, into FILE or instead of the text.")
    private @Nullable Path json;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Write a page to be kept into FILE, too; it needs no other file.")
    private @Nullable Path html;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        requireNoContradiction();
        Configuration configuration = options.load();
        InstantSource clock = InstantSource.system();
        Ask ask = ask(configuration.verify());
        Reports reports = new Reports(ask, spec.commandLine().getOut());
        refuse(reports.areInOneFile(), "--json and --html name one file; give each its own");
        reports.requireWritable();
        VerifyRun run = new VerifyRun(
                configuration,
                options.dataDirectory(),
                Sources.of(configuration),
                ask,
                command(),
                Engine::ofVerification,
                clock,
                Passages.RESTART);
        if (dryRun) {
            int exitCode = run.list(spec.commandLine().getOut());
            spec.commandLine().getOut().flush();
            return exitCode;
        }
        return continuous ? continuously(run, reports, ask, clock) : once(run, reports, clock);
    }

    private VerifyView view(InstantSource clock) {
        return VerifyView.on(spec.commandLine().getErr(), clock);
    }

    /** Whoever ends it is told how to go on, and finds no half of a file. */
    private int once(VerifyRun run, Reports reports, InstantSource clock) {
        AtomicBoolean stopping = new AtomicBoolean();
        Thread worker = Thread.currentThread();
        Thread hook = Termination.onSignalThatEnds(() -> {
            stopping.set(true);
            worker.interrupt();
        });
        try {
            return run.run(() -> view(clock), reports::write);
        } catch (RuntimeException e) {
            if (!stopping.get()) {
                throw e;
            }
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "interrupted; run it again" + (fresh ? " without --fresh" : "")
                            + (recheck ? "" : ", and it goes on where it was"),
                    e);
        } finally {
            Termination.forget(hook);
        }
    }

    /** Its own rounds' lines take the place of the reports on the standard output. */
    private int continuously(VerifyRun run, Reports reports, Ask ask, InstantSource clock) {
        CountDownLatch stopping = new CountDownLatch(1);
        Thread worker = Thread.currentThread();
        Thread hook = Termination.onSignal(() -> {
            stopping.countDown();
            worker.interrupt();
        });
        try {
            return new Continuous(
                            ask.settings().every(), clock, spec.commandLine().getOut(), stopping)
                    .run(() -> {
                        AtomicReference<Continuous.@Nullable Round> round = new AtomicReference<>();
                        int exitCode = run.run(() -> view(clock), report -> {
                            round.set(new Continuous.Round(report.result(), report.coverage(), report.exitCode()));
                            return reports.writeFiles(report);
                        });
                        Continuous.Round done = round.get();
                        if (done == null) {
                            throw new IllegalStateException("a round without a report ended with " + exitCode);
                        }
                        return done;
                    });
        } finally {
            Termination.forget(hook);
        }
    }

    private String command() {
        return "sluice "
                + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
    }

    private Ask ask(VerifySettings configured) {
        VerifySettings settings = new VerifySettings(
                configured.chunkRows(),
                parallelism == null ? configured.parallelism() : parallelism,
                maxRowsPerSecond == null ? configured.maxRowsPerSecond() : maxRowsPerSecond,
                configured.maxLag(),
                every == null ? configured.every() : every);
        double percent = sample == null ? 100 : percent(sample);
        return new Ask(
                tables,
                counts ? Mode.COUNTS : sample == null ? Mode.FULL : Mode.SAMPLE,
                percent,
                fresh,
                what(),
                settings,
                showValues,
                isJsonOnStdout(),
                jsonFile(),
                Optional.ofNullable(html),
                failOnMismatch,
                continuous);
    }

    private boolean isJsonOnStdout() {
        return json != null && json.toString().equals(ON_STDOUT);
    }

    private Optional<Path> jsonFile() {
        return isJsonOnStdout() ? Optional.empty() : Optional.ofNullable(json);
    }

    private Ask.What what() {
        if (dryRun) {
            return Ask.What.LIST_REPAIRS;
        }
        if (recheck) {
            return repair ? Ask.What.RECHECK_AND_REPAIR : Ask.What.RECHECK;
        }
        return repair ? Ask.What.COMPARE_AND_REPAIR : Ask.What.COMPARE;
    }

    private void requireNoContradiction() {
        refuse(counts && sample != null, "--counts looks at no keys, and --sample at some; use one of them");
        refuse(
                recheck && (counts || sample != null || fresh),
                "--recheck compares what differed the last time, so it goes with none of --counts, --sample and --fresh");
        refuse(repair && counts, "--counts finds no keys, so that --repair would have none; leave one of them out");
        refuse(dryRun && !repair, "--dry-run lists what --repair would do; give both");
        refuse(
                dryRun && (sample != null || fresh || jsonFile().isPresent() || html != null),
                "--dry-run compares nothing, so it goes with none of --sample, --fresh, --html and a file for --json");
        refuse(
                continuous && (recheck || repair || fresh),
                "--continuous compares anew each time and changes nothing, so it goes with none of --recheck, --repair and --fresh");
        refuse(
                continuous && isJsonOnStdout(),
                "--continuous writes a line for each round; name a file with --json FILE for the newest report");
        refuse(every != null && !continuous, "--every goes with --continuous");
        refuse(every != null && every.toMillis() < 1_000, "--every: expected a duration of at least 1s, found less");
        refuse(
                parallelism != null && (parallelism < 1 || parallelism > 16),
                "--parallelism: expected a whole number from 1 to 16, found " + parallelism);
        refuse(
                maxRowsPerSecond != null && maxRowsPerSecond < 0,
                "--max-rows-per-second: expected 0 (no limit) or more, found " + maxRowsPerSecond);
    }

    private void refuse(boolean contradictory, String why) {
        if (contradictory) {
            throw new ParameterException(spec.commandLine(), why);
        }
    }

    private double percent(String text) {
        String number = text.endsWith("%") ? text.substring(0, text.length() - 1) : text;
        double percent = -1;
        try {
            percent = Double.parseDouble(number.trim());
        } catch (NumberFormatException e) {
            // Refused below, as what is out of range.
        }
        if (!(percent > 0 && percent <= 100)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--sample: expected a percentage above 0 and up to 100, e.g. 10%, found '" + text + "'");
        }
        return percent;
    }
}
