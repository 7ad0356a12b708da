package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Outcome;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One source transaction that is larger than all the memory there is. */
@Tag("exhaustive")
class StreamedMemoryTest {
    private static final int ROW_CHARACTERS = 10_000;

    private final TestLane lane = TestLane.with("CREATE TABLE parents (id bigint PRIMARY KEY, name text)")
            .capture("parents");

    @AfterEach
    void close() {
        lane.close();
    }

    @Test
    void nothingOfATransactionIsKeptButWhatIsWrittenAtPresent() {
        long rows = Runtime.getRuntime().maxMemory() * 5 / 4 / ROW_CHARACTERS;
        String name = "x".repeat(ROW_CHARACTERS);
        for (long i = 1; i <= rows; i++) {
            lane.append(Outcome.APPLY, i == rows, false, false, null, lane.create("parents", i, name));
        }
        try (Sink sink = lane.sink(lane.settings(1_000), point -> {})) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.flush();
            TestLane.await("everything to be applied", 300, () -> end.isDone() || lane.applied());
            sink.stop();
            end.join();
            assertThat(sink.status().transactions()).isEqualTo(1);
        }
        assertThat(lane.one("SELECT count(*), min(length(name)) FROM parents")).isEqualTo(rows + "|" + ROW_CHARACTERS);
    }
}
