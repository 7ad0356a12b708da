package dev.sluice.sinks.postgresql.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ParentsFirstTest {
    private final BoundTable table = BatchPlannerTest.table("nodes", "nodes", true);
    private final List<RowChange> changes = new ArrayList<>();
    private final Map<Long, Set<RowChange>> needs = new HashMap<>();

    private RowChange add(long id) {
        long sequence = changes.size() + 1L;
        Source source = new Source("p", "test", "test", sequence, Position.of(new byte[] {1}), 0, false);
        Change change = new Change(
                table.writer(),
                Op.UPDATE,
                null,
                new Object[] {id, null, sequence},
                Set.of(),
                source,
                new Transaction("t", 1, 1, true),
                0);
        RowChange added = new RowChange(table, change, sequence);
        changes.add(added);
        return added;
    }

    private void need(RowChange child, RowChange parent) {
        needs.computeIfAbsent(child.sequence(), c -> new HashSet<>()).add(parent);
    }

    private List<RowChange> ordered() {
        return ParentsFirst.of(changes, change -> needs.getOrDefault(change.sequence(), Set.of()));
    }

    @Test
    void aChainIsTurnedRoundWhateverItsLength() {
        int length = 100_000;
        IntStream.range(0, length).forEach(this::add);
        IntStream.range(1, length).forEach(i -> need(changes.get(i - 1), changes.get(i)));
        List<RowChange> ordered = ordered();
        assertThat(ordered).hasSize(length);
        assertThat(ordered.get(0).sequence()).isEqualTo(length);
        assertThat(ordered).allMatch(change -> change.run() == RowChange.ALONE);
    }

    @Test
    void aCircleIsOneRunInItsOwnOrder() {
        RowChange one = add(1);
        RowChange alone = add(2);
        RowChange other = add(3);
        need(one, other);
        need(other, one);
        need(alone, one);
        assertThat(ordered().stream().map(RowChange::sequence)).containsExactly(1L, 3L, 2L);
        assertThat(ordered().stream().map(RowChange::run)).containsExactly(1, 1, RowChange.ALONE);
    }

    static long[] seeds() {
        return new Random().longs(20).toArray();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everyChangeStandsBehindWhatItNeedsOrTogetherWithIt(long seed) {
        Random random = new Random(seed);
        int size = 1 + random.nextInt(60);
        IntStream.range(0, size).forEach(i -> add(random.nextInt(50)));
        for (int i = 0; i < random.nextInt(2 * size); i++) {
            need(changes.get(random.nextInt(size)), changes.get(random.nextInt(size)));
        }
        List<RowChange> ordered = ordered();
        assertThat(ordered.stream().map(RowChange::sequence))
                .containsExactlyInAnyOrderElementsOf(
                        changes.stream().map(RowChange::sequence).toList());
        Map<Long, Integer> places = new HashMap<>();
        IntStream.range(0, size).forEach(i -> places.put(ordered.get(i).sequence(), i));
        for (int i = 0; i < size; i++) {
            RowChange change = ordered.get(i);
            for (RowChange parent : needs.getOrDefault(change.sequence(), Set.of())) {
                int place = places.get(parent.sequence());
                boolean together =
                        change.run() != RowChange.ALONE && ordered.get(place).run() == change.run();
                assertThat(place < i || place == i || together)
                        .as("change " + change)
                        .isTrue();
            }
            for (int later = i + 1; later < size; later++) {
                boolean same = ordered.get(later).key().equals(change.key());
                assertThat(!same || ordered.get(later).sequence() > change.sequence())
                        .isTrue();
            }
        }
    }
}
