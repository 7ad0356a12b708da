package dev.sluice.streams.gate;

import dev.sluice.streams.gate.SimulatedSource.Enforcement;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** No foreign key is ever violated, and the end is the one that invariant 4 names. A failure names its seed. */
class SimulationTest {
    private static final int TRANSACTIONS = 40;

    @Test
    void aSourceWithoutForeignKeysEndsWithEveryDeviationAccountedFor() {
        run(Enforcement.NONE, 0, 100);
    }

    @Test
    void aSourceThatIsConsistentAtCommitArrivesWhole() {
        run(Enforcement.AT_COMMIT, 0, 150);
    }

    @Test
    void aSourceThatIsConsistentAtEveryStatementIsLeftAlone() {
        run(Enforcement.AT_ONCE, 0, 500);
    }

    @Test
    @Tag("exhaustive")
    void manySeeds() {
        run(Enforcement.NONE, 1_000, 50_000);
        run(Enforcement.AT_COMMIT, 1_000, 30_000);
        run(Enforcement.AT_ONCE, 1_000, 20_000);
    }

    private static void run(Enforcement enforcement, long from, long count) {
        LongStream.range(from, from + count).parallel().forEach(seed -> run(enforcement, seed));
    }

    private static void run(Enforcement enforcement, long seed) {
        try {
            new Simulation(seed, enforcement).run(TRANSACTIONS);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + " " + enforcement + ": " + e.getMessage(), e);
        }
    }
}
