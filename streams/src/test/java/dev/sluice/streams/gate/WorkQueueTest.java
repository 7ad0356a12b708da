package dev.sluice.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.streams.gate.WorkQueue.Work;
import dev.sluice.streams.state.LaneState;
import dev.sluice.streams.state.TreeLaneState;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WorkQueueTest {
    private static final int IN_MEMORY = 10;

    private final Tombstones state = new Tombstones();
    private final GateStore store = new GateStore(state);

    /** Steps over what was deleted, as a log-structured store does until it is compacted. */
    private static final class Tombstones implements LaneState {
        private final TreeLaneState live = new TreeLaneState();
        private final NavigableSet<byte[]> deleted = new TreeSet<>(Arrays::compareUnsigned);
        private long steppedOver;

        @Override
        public byte @Nullable [] get(byte[] key) {
            return live.get(key);
        }

        @Override
        public void put(byte[] key, byte[] value) {
            deleted.remove(key);
            live.put(key, value);
        }

        @Override
        public void delete(byte[] key) {
            deleted.add(key);
            live.delete(key);
        }

        @Override
        public void scan(byte[] prefix, byte @Nullable [] after, Visitor visitor) {
            byte[] from = after == null ? prefix : after;
            byte[][] to = {from};
            live.scan(prefix, after, (key, value) -> {
                to[0] = key;
                return visitor.visit(key, value);
            });
            steppedOver += deleted.subSet(from, false, to[0], true).size();
        }
    }

    private static Work work(Task task, int number, int cursor) {
        byte[] key = ByteBuffer.allocate(4).putInt(number).array();
        return new Work(task, key, cursor == 0 ? null : new byte[] {(byte) cursor});
    }

    private static String text(@Nullable Work work) {
        return work == null
                ? "none"
                : work.task() + " " + Arrays.toString(work.key()) + " " + Arrays.toString(work.cursor());
    }

    @Test
    void aLongBacklogIsWorkedOffWithoutLookingAtWhatIsDone() {
        int entries = 2_000;
        WorkQueue queue = new WorkQueue(store, IN_MEMORY);
        for (int i = 0; i < entries; i++) {
            queue.add(work(Task.ARRIVED, i, 0));
            queue.save();
        }
        for (int i = 0; i < entries; i++) {
            Work next = queue.next();
            assertThat(text(next)).isEqualTo(text(work(Task.ARRIVED, i, 0)));
            queue.add(work(Task.RETRY, i, 0));
            queue.remove(work(Task.RETRY, i, 0));
            queue.remove(work(Task.ARRIVED, i, 0));
            queue.save();
        }
        assertThat(queue.next()).isNull();
        assertThat(queue.isEmpty()).isTrue();
        assertThat(state.steppedOver).isLessThan(entries);
    }

    static LongStream seeds() {
        return LongStream.range(0, 100);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theMostUrgentIsNextWhateverIsInMemory(long seed) {
        Random random = new Random(seed);
        int inMemory = 1 + random.nextInt(4);
        Map<byte[], Work> model = new TreeMap<>(Arrays::compareUnsigned);
        WorkQueue queue = new WorkQueue(store, inMemory);
        for (int step = 0; step < 500; step++) {
            int kind = random.nextInt(10);
            if (kind < 4) {
                Task task = Task.ofCode(1 + random.nextInt(4));
                Work added = work(task, random.nextInt(12), random.nextInt(5));
                queue.add(added);
                model.put(added.place(), added);
            } else if (kind < 8) {
                Work next = queue.next();
                Work wanted = model.isEmpty() ? null : model.values().iterator().next();
                assertThat(text(next)).isEqualTo(text(wanted));
                if (next != null) {
                    queue.remove(next);
                    model.remove(next.place());
                }
            } else {
                queue.save();
                assertThat(stored()).isEqualTo(texts(List.copyOf(model.values())));
                queue = random.nextInt(3) == 0 ? new WorkQueue(store, inMemory) : queue;
            }
        }
    }

    private List<String> stored() {
        return texts(store.work(null, Integer.MAX_VALUE));
    }

    private static List<String> texts(List<Work> works) {
        return works.stream().map(WorkQueueTest::text).toList();
    }
}
