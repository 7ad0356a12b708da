package dev.sluice.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.CheckResult;
import dev.sluice.verification.Mode;
import dev.sluice.verification.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ExitCodeTest {
    private final FakeEngine engine = new FakeEngine();

    private int exitCode(boolean strict) {
        return exitCode(strict, false);
    }

    private int exitCode(boolean strict, boolean startedMeanwhile) {
        return ExitCode.of(
                engine.result(Mode.FULL, 100, List.of(TableId.parse("orders"))),
                new Coverage(1, List.of(), List.of(), startedMeanwhile),
                strict);
    }

    @Test
    void besideAPipelineThatWasStartedMeanwhileNothingDiffersForCertain() {
        assertThat(exitCode(true, true)).isZero();
        engine.finds("orders", Verdict.WAITING, "[1]");
        assertThat(exitCode(false, true)).isEqualTo(7);
        assertThat(exitCode(true, true)).isEqualTo(8);
        engine.finds("orders", Verdict.MISSING, "[2]");
        assertThat(exitCode(false, true)).isEqualTo(8);
    }

    @Test
    void equalSidesGiveZero() {
        engine.checks.add(new CheckResult("sum", CheckResult.Outcome.EQUAL, 1, 1, null));
        assertThat(exitCode(false)).isZero();
        assertThat(exitCode(true)).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Verdict.class)
    void everyVerdictHasItsExitCode(Verdict verdict) {
        engine.finds("orders", verdict, "[1]");
        int expected =
                switch (verdict.kind()) {
                    case UNEQUAL -> 3;
                    case UNKNOWN -> 8;
                    case EXPLAINED -> 7;
                };
        assertThat(exitCode(false)).isEqualTo(expected);
        assertThat(exitCode(true)).isEqualTo(expected == 7 ? 3 : expected);
    }

    @Test
    void whatIsCertainlyDifferentOutweighsWhatCouldNotBeToldAndThatWhatIsExplained() {
        engine.finds("orders", Verdict.WAITING, "[1]");
        engine.finds("orders", Verdict.UNSETTLED, "[2]");
        assertThat(exitCode(false)).isEqualTo(8);
        assertThat(exitCode(true)).isEqualTo(3);
        engine.finds("orders", Verdict.MISSING, "[3]");
        assertThat(exitCode(false)).isEqualTo(3);
    }

    @Test
    void checksCountAsRowsDo() {
        engine.checks.add(new CheckResult("sum", CheckResult.Outcome.UNSETTLED, 1, 1, null));
        assertThat(exitCode(false)).isEqualTo(8);
        engine.checks.add(new CheckResult("count", CheckResult.Outcome.DIFFERENT, 1, 2, null));
        assertThat(exitCode(false)).isEqualTo(3);
    }
}
