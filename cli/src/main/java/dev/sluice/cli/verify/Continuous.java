package dev.sluice.cli.verify;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.Result;
import dev.sluice.verification.TableResult;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Compares again and again until somebody ends it. A round that fails is told, and the next one tries again; but for a mistake of the configuration in the first. */
final class Continuous {
    /** Rounds that take longer than the time between them still leave room for others. */
    private static final Duration LEAST_PAUSE = Duration.ofSeconds(1);

    private final Duration every;
    private final InstantSource clock;
    private final PrintWriter out;
    private final CountDownLatch stopping;

    /**
     * @param every from the beginning of a round to that of the next
     * @param stopping open when it is to end; whoever opens it interrupts the thread too, so that a round ends early
     */
    Continuous(Duration every, InstantSource clock, PrintWriter out, CountDownLatch stopping) {
        this.every = every;
        this.clock = clock;
        this.out = out;
        this.stopping = stopping;
    }

    /** A round's outcome. */
    record Round(Result result, Coverage coverage, int exitCode) {}

    /** @return the exit code of the newest round, also when it failed; one that is ended in its middle is none */
    int run(Supplier<Round> rounds) {
        int exitCode = ErrorKind.REFUSED.exitCode();
        boolean first = true;
        boolean goOn = true;
        while (goOn) {
            Instant began = clock.instant();
            try {
                Round round = rounds.get();
                exitCode = round.exitCode();
                say(line(round, Duration.between(began, clock.instant())));
            } catch (RuntimeException e) {
                if (isStopping()) {
                    return exitCode;
                }
                if (!(e instanceof SluiceException failure) || (first && failure.kind() == ErrorKind.CONFIGURATION)) {
                    throw e;
                }
                exitCode = failure.kind().exitCode();
                say(clock.instant().truncatedTo(ChronoUnit.SECONDS) + "  failed, tried again in the next round: "
                        + e.getMessage());
            }
            first = false;
            goOn = pause(began);
        }
        return exitCode;
    }

    private boolean isStopping() {
        return stopping.getCount() == 0;
    }

    private String line(Round round, Duration took) {
        Result result = round.result();
        List<TableId> unclean = result.tables().stream()
                .filter(table -> !table.equal())
                .map(TableResult::table)
                .toList();
        long sequence =
                result.tables().stream().mapToLong(TableResult::sequence).max().orElse(0);
        return clock.instant().truncatedTo(ChronoUnit.SECONDS) + "  "
                + (result.tables().size() - unclean.size()) + " tables clean, "
                + (unclean.isEmpty() ? "none is not" : unclean.size() + " not " + unclean)
                + String.format(Locale.ROOT, ", sequence %,d, %s", sequence, Phrases.time(took))
                + (result.equal()
                        ? ""
                        : ", comparison " + result.id() + ": " + Phrases.verdict(result, round.coverage()));
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }

    private boolean pause(Instant began) {
        Duration left = every.minus(Duration.between(began, clock.instant()));
        long millis = Math.max(LEAST_PAUSE.toMillis(), left.toMillis());
        try {
            return !stopping.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // A round that lost its lease leaves one behind; the next one tries again.
            return !isStopping();
        }
    }
}
