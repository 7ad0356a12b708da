package dev.sluice.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Comparisons while both sides move. */
@Execution(ExecutionMode.CONCURRENT)
final class LiveTest {
    private final VerificationWorld world = new VerificationWorld();

    @BeforeEach
    void prepare() {
        world.execute("CREATE TABLE t (id bigint PRIMARY KEY, v text)");
        world.prepare(MovingPipeline.CAPTURED);
    }

    @AfterEach
    void disconnect() {
        world.close();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void nothingThatIsOnlyUnderWayIsCalledDifferentAndEveryCorruptionIs(long seed) {
        corruptionsAreFoundAndNothingElse(seed);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    @Tag("exhaustive")
    void manySeeds(long seed) {
        corruptionsAreFoundAndNothingElse(seed);
    }

    static LongStream seeds() {
        return LongStream.range(100, 500);
    }

    private void corruptionsAreFoundAndNothingElse(long seed) {
        MovingPipeline pipeline = new MovingPipeline(world, seed, 300);
        Verification verification = verification(pipeline);

        TableResult clean = run(verification);
        assertThat(world.verdicts(clean)).isEmpty();
        assertThat(clean.equal()).isTrue();
        assertThat(clean.matched()).isEqualTo(clean.compared());
        assertThat(clean.quiet()).isFalse();

        Map<Long, Verdict> corrupted = corrupt(pipeline, new Random(seed));
        TableResult found = run(verification);
        Map<Long, Verdict> verdicts = world.differences(found).stream()
                .collect(Collectors.toMap(d -> MovingPipeline.id(d.key()), Difference::verdict));
        assertThat(verdicts).isEqualTo(corrupted);
        assertThat(found.compared()).isEqualTo(found.matched() + corrupted.size());

        Result repaired = verification.repair(world.tasks(), VerificationWorld.SILENT);
        assertThat(world.verdicts(repaired.tables().get(0))).isEmpty();
        assertThat(repaired.equal()).isTrue();
        assertThat(repaired.tables().get(0).repaired()).isEqualTo(corrupted.size());
        assertThat(pipeline.refreshed).isEqualTo(corrupted.size());
        assertThat(world.rows("SELECT count(*) FROM sluice.compared")).containsExactly("0");
    }

    /** Of rows that nobody writes meanwhile, for a write would repair them: keys from 1,000 on. */
    private Map<Long, Verdict> corrupt(MovingPipeline pipeline, Random random) {
        Map<Long, Verdict> corrupted = new HashMap<>();
        for (int i = 0; i < 12; i++) {
            long key = 1_000L + i;
            switch (random.nextInt(4)) {
                case 0 -> {
                    pipeline.settled(key, "value");
                    world.execute("UPDATE t SET v = 'value ' WHERE id = " + key);
                    corrupted.put(key, Verdict.DIFFERENT);
                }
                case 1 -> {
                    pipeline.settled(key, "value");
                    world.execute("DELETE FROM t WHERE id = " + key);
                    corrupted.put(key, Verdict.MISSING);
                }
                case 2 -> {
                    world.execute("INSERT INTO t (id, v) VALUES (" + key + ", 'stranger')");
                    corrupted.put(key, Verdict.EXTRA);
                }
                default -> {
                    pipeline.settled(key, "value");
                    world.execute("UPDATE t SET v = 'old', _sluice_seq = 1 WHERE id = " + key);
                    corrupted.put(key, Verdict.DIFFERENT);
                }
            }
        }
        return corrupted;
    }

    @Test
    void aKeyThatTogglesAllTheTimeIsSettledByACompareEvent() {
        MovingPipeline pipeline = new MovingPipeline(world, 11, 40);
        pipeline.storm();
        for (int round = 0; round < 10; round++) {
            TableResult result = run(verification(pipeline));
            assertThat(world.verdicts(result)).isEmpty();
        }
        assertThat(pipeline.comparisons).as("keys that no round could tell").isPositive();
    }

    @Test
    void aQuietSourceHasChecksumsOfOneMoment() {
        MovingPipeline pipeline = new MovingPipeline(world, 12, 100);
        pipeline.stand();

        TableResult result = run(verification(pipeline));

        assertThat(result.quiet()).isTrue();
        assertThat(result.sourceChecksum()).isEqualTo(result.targetChecksum());
        assertThat(result.sourceRows()).isEqualTo(100);
        assertThat(result.targetRows()).isEqualTo(100);
    }

    @Test
    void whatDiffersIsComparedAgainAndNothingElse() {
        MovingPipeline pipeline = new MovingPipeline(world, 13, 100);
        pipeline.stand();
        world.execute("DELETE FROM t WHERE id IN (3, 4)");
        Verification verification = verification(pipeline);
        assertThat(world.verdicts(run(verification))).isEqualTo("missing [3]; missing [4]");
        world.execute("INSERT INTO t (id, v, _sluice_seq) VALUES (3, 'v3', 4)", "DELETE FROM t WHERE id = 7");

        TableResult again = verification
                .recheck(world.tasks(), VerificationWorld.SILENT)
                .tables()
                .get(0);

        assertThat(world.verdicts(again)).as("key 7 was equal before").isEqualTo("missing [4]");
        assertThat(again.repaired()).isEqualTo(1);
        assertThat(again.compared()).isEqualTo(100);
    }

    @Test
    void aRunThatIsStoppedGoesOnBehindItsLastChunkWithWhatItFound() {
        MovingPipeline pipeline = new MovingPipeline(world, 14, 200);
        pipeline.stand();
        world.execute("UPDATE t SET v = 'x' WHERE id IN (2, 150)");
        int[] reads = {0};
        pipeline.before = () -> {
            if (++reads[0] == 9) {
                throw new IllegalStateException("killed");
            }
        };
        Verification verification = verification(pipeline);
        assertThatThrownBy(() -> run(verification)).hasMessage("killed");
        String before = world.rows("SELECT compared || ' ' || phase FROM sluice.verified_tables")
                .get(0);
        assertThat(before).as("seven chunks at least").matches("(4[0-9]|5[0-9]) forward");
        int first = reads[0];
        pipeline.before = () -> reads[0]++;

        TableResult result = verification
                .run(Mode.FULL, 100, world.tasks(), false, VerificationWorld.SILENT)
                .tables()
                .get(0);

        assertThat(world.verdicts(result)).isEqualTo("different [150] [v]; different [2] [v]");
        assertThat(result.compared()).isEqualTo(200);
        assertThat(result.matched()).isEqualTo(198);
        assertThat(result.verification()).isEqualTo(1);
        assertThat(result.sourceChecksum()).isNotEqualTo(result.targetChecksum());
        assertThat(reads[0] - first).as("chunks of the rest, and the settling").isLessThan(29);
        assertThat(world.rows("SELECT relname FROM pg_class WHERE relname LIKE 'verified_keys%' AND relkind = 'r'"))
                .isEmpty();
    }

    private TableResult run(Verification verification) {
        return verification
                .run(Mode.FULL, 100, world.tasks(), true, VerificationWorld.SILENT)
                .tables()
                .get(0);
    }

    private Verification verification(MovingPipeline pipeline) {
        return world.verification(pipeline, pipeline, VerificationWorld.settings(7, false));
    }
}
