package dev.sluice.cli.verify;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.verification.Result;
import dev.sluice.verification.Verdict;

/** How {@code sluice verify} ends. */
final class ExitCode {
    private ExitCode() {}

    /**
     * @param strict whether what the pipeline accounts for counts as different
     * @param coverage where the pipeline was started meanwhile, nobody knows what differs for good
     */
    static int of(Result result, Coverage coverage, boolean strict) {
        int exitCode = of(result, strict);
        return coverage.startedMeanwhile() && exitCode == ErrorKind.DIFFERENT.exitCode()
                ? ErrorKind.REFUSED.exitCode()
                : exitCode;
    }

    private static int of(Result result, boolean strict) {
        boolean explained = result.count(Verdict.Kind.EXPLAINED) > 0;
        if (result.differs() || (strict && explained)) {
            return ErrorKind.DIFFERENT.exitCode();
        }
        if (result.unsettled()) {
            return ErrorKind.REFUSED.exitCode();
        }
        if (explained) {
            return ErrorKind.INCOMPLETE.exitCode();
        }
        return result.equal() ? 0 : ErrorKind.DIFFERENT.exitCode();
    }
}
