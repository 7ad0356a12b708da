package dev.sluice.cli.deadletters;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.ConfigurationOptions;
import dev.sluice.cli.DurationConverter;
import dev.sluice.cli.Json;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.Durations;
import dev.sluice.cli.signals.SignalTopic;
import dev.sluice.cli.stations.RunningLog;
import dev.sluice.cli.stations.TargetView;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.sinks.postgresql.control.DeadLetterList;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Outcome;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice dead-letters retry}. May be repeated: a letter stays open until the answer is applied. */
@Command(
        name = "retry",
        description = {
            "Ask the source for the rows of dead letters again, then for those that are dead only because their parents are, and wait for what comes of it.",
            "Exit code 7 when some are refused again or not answered in time."
        })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class RetryCommand implements Callable<Integer> {
    private static final long LOOK_AGAIN_MILLIS = 250;

    @Mixin
    private CommonOptions common;

    @Mixin
    private ConfigurationOptions options;

    @Mixin
    private Selection selection;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            defaultValue = "60s",
            description = "Wait so long for the answers; 0s does not wait (default: ${DEFAULT-VALUE}).")
    private Duration patience;

    @Option(names = "--json", description = "Report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        selection.validate(spec);
        Configuration configuration = options.load();
        try (TargetView target = TargetView.open(configuration, options.dataDirectory(), InstantSource.system());
                SignalTopic signals = SignalTopic.of(
                        configuration.pipeline(), RunningLog.kafka(configuration, options.dataDirectory()))) {
            Retry retry = new Retry(target.database(), configuration.pipeline(), signals);
            retry.run(selection.filter(), selection.ids());
            DeadLetterList letters = new DeadLetterList(target.database(), configuration.pipeline());
            Outcome outcome = await(letters, retry);
            report(configuration.pipeline(), retry, outcome);
            boolean settled = patience.isZero() || outcome.refused() + outcome.unanswered() == 0;
            return settled && retry.unaskable() == 0 ? 0 : ErrorKind.INCOMPLETE.exitCode();
        }
    }

    private Outcome await(DeadLetterList letters, Retry retry) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        Outcome outcome = letters.outcome(retry.at());
        while (outcome.unanswered() > 0 && System.nanoTime() < deadline) {
            Thread.sleep(LOOK_AGAIN_MILLIS);
            outcome = letters.outcome(retry.at());
        }
        return outcome;
    }

    private void report(String pipeline, Retry retry, Outcome outcome) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.MAPPER
                    .createObjectNode()
                    .put("pipeline", pipeline)
                    .put("asked", retry.asked())
                    .put("applied", outcome.applied())
                    .put("refused", outcome.refused())
                    .put("unanswered", outcome.unanswered())
                    .put("unaskable", retry.unaskable())
                    .toPrettyString());
        } else {
            text(out, retry, outcome);
        }
        out.flush();
    }

    private void text(PrintWriter out, Retry retry, Outcome outcome) {
        if (retry.asked() + retry.unaskable() == 0) {
            out.println("no such dead letter is open");
            return;
        }
        out.printf(
                Locale.ROOT,
                "asked the source for %d rows: %d applied, %d refused again, %d not answered%s%n",
                retry.asked(),
                outcome.applied(),
                outcome.refused(),
                outcome.unanswered(),
                outcome.unanswered() > 0 && !patience.isZero() ? " within " + Durations.text(patience) : "");
        if (outcome.unanswered() > 0) {
            out.println("What is not answered stays open, and is answered when the pipeline runs: sluice status");
        }
        if (retry.unaskable() > 0) {
            out.printf(
                    Locale.ROOT,
                    "%d cannot be asked for by a key: they are about a whole table, or their keys are too long to be kept;"
                            + " change those rows in the source, or discard the letters%n",
                    retry.unaskable());
        }
    }
}
