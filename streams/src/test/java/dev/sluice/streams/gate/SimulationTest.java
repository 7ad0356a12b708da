package dev.sluice.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Outcome;
import dev.sluice.streams.gate.SimulatedSource.Enforcement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** No foreign key is ever violated, and the end is the one that invariant 4 names. A failure names its seeds. */
class SimulationTest {
    private static final int TRANSACTIONS = 40;

    @Test
    void aSourceWithoutForeignKeysEndsWithEveryDeviationAccountedFor() {
        Map<String, Long> tally = run(Enforcement.NONE, 0, 1_000);
        for (Outcome outcome : Outcome.values()) {
            assertThat(tally.keySet())
                    .as("what the seeds have come by")
                    .anyMatch(what -> what.endsWith(outcome.name()));
        }
        assertThat(tally)
                .containsKeys(
                        "released APPLY",
                        "released WAIT",
                        "released STALE",
                        "released HOLD",
                        "released FORGET",
                        "released SET_NULL",
                        "released QUARANTINE",
                        "released EVICT",
                        "together with the next",
                        "crashes",
                        "refreshes answered");
    }

    @Test
    void aSourceThatIsConsistentAtCommitArrivesWhole() {
        run(Enforcement.AT_COMMIT, 0, 700);
    }

    @Test
    void aSourceThatIsConsistentAtEveryStatementIsLeftAlone() {
        run(Enforcement.AT_ONCE, 0, 500);
    }

    /** Of wider sweeps: rows could move as one and had not, or the model was wrong. */
    @Test
    void seedsThatHaveFailedBefore() {
        Map<Enforcement, long[]> seeds = Map.of(
                Enforcement.NONE, new long[] {9_586, 36_114, 210_597},
                Enforcement.AT_COMMIT, new long[] {104_238, 209_144, 216_814, 219_288, 309_473},
                Enforcement.AT_ONCE, new long[] {6_860});
        seeds.forEach((enforcement, each) -> run(enforcement, LongStream.of(each)));
    }

    /** Writes what it has come by to {@code target/simulation.md}. */
    @Test
    @Tag("exhaustive")
    void manySeeds() throws IOException {
        StringBuilder report = new StringBuilder();
        report(report, Enforcement.NONE, run(Enforcement.NONE, 1_000, 50_000), 50_000);
        report(report, Enforcement.AT_COMMIT, run(Enforcement.AT_COMMIT, 1_000, 30_000), 30_000);
        report(report, Enforcement.AT_ONCE, run(Enforcement.AT_ONCE, 1_000, 20_000), 20_000);
        Files.writeString(Path.of("target", "simulation.md"), report);
    }

    private static void report(StringBuilder report, Enforcement enforcement, Map<String, Long> tally, int seeds) {
        report.append("## Source with foreign keys: ")
                .append(enforcement)
                .append(", seeds: ")
                .append(seeds);
        report.append("\n\n| what | times |\n|---|---|\n");
        report.append(tally.entrySet().stream()
                .map(e -> "| " + e.getKey() + " | " + e.getValue() + " |\n")
                .collect(Collectors.joining()));
        report.append('\n');
    }

    private static Map<String, Long> run(Enforcement enforcement, long from, long count) {
        return run(enforcement, LongStream.range(from, from + count));
    }

    private static Map<String, Long> run(Enforcement enforcement, LongStream seeds) {
        Map<String, Long> tally = new ConcurrentSkipListMap<>();
        SortedMap<Long, Throwable> failures = new ConcurrentSkipListMap<>();
        seeds.parallel().forEach(seed -> {
            try {
                Simulation simulation = new Simulation(seed, enforcement);
                simulation.run(TRANSACTIONS);
                simulation.tally().forEach((what, times) -> tally.merge(what, times, Long::sum));
            } catch (AssertionError | RuntimeException e) {
                failures.put(seed, e);
            }
        });
        if (!failures.isEmpty()) {
            Throwable first = failures.get(failures.firstKey());
            throw new AssertionError(
                    "seeds " + failures.keySet() + " of " + enforcement + "; the first: " + first.getMessage(), first);
        }
        return tally;
    }
}
