package dev.sluice.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class WorkersTest {
    private final Queue<String> done = new ConcurrentLinkedQueue<>();

    private static List<TableTask> tasks(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Table(
                        TableId.parse("t" + i),
                        List.of(new Column("id", LogicalType.INT32, "integer", false, false)),
                        List.of("id"),
                        List.of(),
                        List.of()))
                .map(table -> new TableTask(
                        new CapturedTable(table.id().name(), List.of("id"), table), "main", true, false, Set.of()))
                .toList();
    }

    private static Workers workers(int threads) {
        return new Workers(RowsSource::new, threads);
    }

    @Test
    void everyTableIsWorkedOnOnceByAsManyThreadsAsWereAskedFor() {
        CountDownLatch together = new CountDownLatch(3);
        workers(3)
                .forEach(
                        tasks(10),
                        (task, source) -> {
                            together.countDown();
                            await(together);
                            done.add(task.id().name());
                        },
                        () -> {});
        assertThat(done)
                .containsExactlyInAnyOrder(
                        IntStream.range(0, 10).mapToObj(i -> "t" + i).toArray(String[]::new));
    }

    @Test
    void theFirstFailureEndsThoseThatWaitAndIsTheOneThatIsThrown() {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch waiting = new CountDownLatch(1);
        assertThatThrownBy(() -> workers(2)
                        .forEach(
                                tasks(6),
                                (task, source) -> {
                                    if (task.id().name().equals("t0")) {
                                        waiting.countDown();
                                        await(never);
                                    } else {
                                        await(waiting);
                                        throw new IllegalArgumentException(
                                                "of " + task.id().name());
                                    }
                                },
                                () -> done.add("told to stop")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("of t1");
        assertThat(done).contains("told to stop");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }
}
