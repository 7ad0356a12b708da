package dev.sluice.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.Mode;
import dev.sluice.verification.Result;
import dev.sluice.verification.Verdict;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class ContinuousTest {
    private final FakeEngine engine = new FakeEngine();
    private final StringWriter out = new StringWriter();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Deque<Supplier<Continuous.Round>> rounds = new ArrayDeque<>();

    private int run() {
        InstantSource clock = InstantSource.fixed(Instant.parse("2026-03-01T10:00:00.5Z"));
        return new Continuous(Duration.ZERO, clock, new PrintWriter(out), stopping).run(() -> {
            Supplier<Continuous.Round> next = rounds.remove();
            if (rounds.isEmpty()) {
                stopping.countDown();
            }
            return next.get();
        });
    }

    private Continuous.Round compared() {
        Result result = engine.result(Mode.FULL, 100, List.of(TableId.parse("orders"), TableId.parse("users")));
        Coverage coverage = new Coverage(2, List.of(), List.of(), false);
        return new Continuous.Round(result, coverage, ExitCode.of(result, coverage, false));
    }

    @Test
    void eachRoundIsALineAndTheLastVerdictIsTheExitCode() {
        rounds.add(this::compared);
        rounds.add(() -> {
            throw SluiceException.of(ErrorKind.TARGET, "PostgreSQL is away");
        });
        rounds.add(() -> {
            engine.finds("orders", Verdict.MISSING, "[1]");
            return compared();
        });
        assertThat(run()).isEqualTo(3);
        assertThat(out.toString().lines())
                .containsExactly(
                        "2026-03-01T10:00:00Z  2 tables clean, none is not, sequence 4,711, 0.0 s",
                        "2026-03-01T10:00:00Z  failed, tried again in the next round: PostgreSQL is away",
                        "2026-03-01T10:00:00Z  1 tables clean, 1 not [public.orders], sequence 4,711, 0.0 s, comparison 7: not every row is equal: 1 key differs; the pipeline did not run, so changes that are not applied yet count as differences");
    }

    @Test
    void whoeverEndsItInTheMiddleOfARoundGetsTheVerdictOfTheOneBefore() {
        rounds.add(this::compared);
        rounds.add(() -> {
            throw SluiceException.of(ErrorKind.REFUSED, "interrupted");
        });
        assertThat(run()).isZero();
        assertThat(out.toString().lines()).hasSize(1);
    }

    @Test
    void aRoundThatFailedIsTheExitCode() {
        rounds.add(() -> {
            throw SluiceException.of(ErrorKind.SOURCE, "the source is away");
        });
        rounds.add(() -> {
            throw SluiceException.of(ErrorKind.REFUSED, "interrupted");
        });
        assertThat(run()).isEqualTo(4);
    }

    @Test
    void theNewestRoundsFailureIsTheExitCode() {
        rounds.add(this::compared);
        rounds.add(() -> {
            throw SluiceException.of(ErrorKind.TARGET, "PostgreSQL is away");
        });
        rounds.add(() -> {
            stopping.countDown();
            throw SluiceException.of(ErrorKind.REFUSED, "interrupted");
        });
        assertThat(run()).isEqualTo(5);
    }

    @Test
    void aMistakeOfTheConfigurationEndsItAtOnceAndLaterOnesDoNot() {
        rounds.add(() -> {
            throw SluiceException.of(ErrorKind.CONFIGURATION, "check sum: nonsense");
        });
        rounds.add(this::compared);
        assertThatThrownBy(this::run).hasMessage("check sum: nonsense");
        rounds.clear();
        out.getBuffer().setLength(0);
        rounds.add(this::compared);
        rounds.add(() -> {
            throw SluiceException.of(ErrorKind.CONFIGURATION, "check sum: nonsense");
        });
        rounds.add(this::compared);
        assertThat(run()).isZero();
        assertThat(out.toString().lines()).hasSize(3);
    }
}
