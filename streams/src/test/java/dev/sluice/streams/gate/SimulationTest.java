package dev.sluice.streams.gate;

import dev.sluice.streams.gate.SimulatedSource.Enforcement;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No foreign key is ever violated, and the end is the one that invariant 4 names. */
class SimulationTest {
    private static final int TRANSACTIONS = 60;

    static LongStream seeds() {
        return LongStream.range(0, 150);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aSourceWithoutForeignKeysEndsWithEveryDeviationAccountedFor(long seed) {
        new Simulation(seed, Enforcement.NONE).run(TRANSACTIONS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aSourceThatIsConsistentAtCommitArrivesWhole(long seed) {
        new Simulation(seed, Enforcement.AT_COMMIT).run(TRANSACTIONS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aSourceThatIsConsistentAtEveryStatementIsLeftAlone(long seed) {
        new Simulation(seed, Enforcement.AT_ONCE).run(TRANSACTIONS);
    }

    @Test
    @Tag("exhaustive")
    void manySeeds() {
        for (Enforcement enforcement : Enforcement.values()) {
            for (long seed = 1_000; seed < 21_000; seed++) {
                try {
                    new Simulation(seed, enforcement).run(TRANSACTIONS);
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("seed " + seed + " " + enforcement, e);
                }
            }
        }
    }
}
