package dev.sluice.verification;

import dev.sluice.producers.api.ChangeSource;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/** Compares source and target, key by key, while both are written. */
public final class Verification {
    private final String pipeline;

    private Verification(String pipeline) {
        this.pipeline = pipeline;
    }

    /**
     * @param sources each call gives an opened source of its own, which is closed here
     */
    public static Verification of(
            String pipeline,
            Supplier<ChangeSource> sources,
            TargetSessions target,
            Passage passage,
            VerificationSettings settings,
            InstantSource clock) {
        return new Verification(pipeline);
    }

    /**
     * Compares tables. Goes on with a comparison of the same tables and mode that was killed, unless {@code fresh}.
     *
     * @param samplePercent of the keys, in mode {@code SAMPLE}
     */
    public Result run(
            Mode mode, double samplePercent, List<TableTask> tables, boolean fresh, VerificationListener listener) {
        throw new UnsupportedOperationException(pipeline);
    }

    /** Compares again only the keys that were not equal in the newest comparison of each of these tables. */
    public Result recheck(List<TableTask> tables, VerificationListener listener) {
        throw new UnsupportedOperationException(pipeline);
    }

    /** Asks for every key that can be repaired of the newest comparison of each of these tables, and compares it again. Parents before children, and what is extra the other way round. */
    public Result repair(List<TableTask> tables, VerificationListener listener) {
        throw new UnsupportedOperationException(pipeline);
    }
}
