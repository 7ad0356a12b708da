package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two sinks on one lane, again and again, while a writer goes on. */
class RacingSinksTest {
    private static final int ROUNDS = 12;

    private final TestLane lane = TestLane.with(
            "CREATE TABLE parents (id bigint PRIMARY KEY, v bigint NOT NULL)",
            "CREATE TABLE writes (n bigint GENERATED ALWAYS AS IDENTITY, id bigint, v bigint)",
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO writes (id, v) VALUES (NEW.id, NEW.v); RETURN NULL; END $$");

    @AfterEach
    void close() {
        lane.close();
    }

    @ParameterizedTest(name = "seed {0}, guarded: {1}")
    @CsvSource({"1, true", "2, false"})
    void oneIsAlwaysRefusedAndEveryRowIsWrittenOnceInOrder(long seed, boolean guarded) throws Exception {
        if (guarded) {
            lane.capture("parents");
        } else {
            lane.captureUnguarded("parents");
        }
        lane.sql("CREATE TRIGGER note AFTER INSERT OR UPDATE ON parents FOR EACH ROW EXECUTE FUNCTION note()");
        TreeMap<Long, Long> model = new TreeMap<>();
        AtomicBoolean writing = new AtomicBoolean(true);
        Thread writer = new Thread(() -> write(new Random(seed), model, writing));
        writer.start();
        for (int round = 0; round < ROUNDS; round++) {
            race(round);
        }
        writing.set(false);
        writer.join();
        lane.applyAll();
        assertThat(lane.rows("SELECT id, v FROM parents ORDER BY id"))
                .isEqualTo(model.entrySet().stream()
                        .map(row -> row.getKey() + "|" + row.getValue())
                        .toList());
        assertThat(lane.rows("SELECT id, v FROM writes GROUP BY 1, 2 HAVING count(*) > 1"))
                .as("written twice")
                .isEmpty();
        assertThat(lane.rows(
                        "SELECT 1 FROM writes w JOIN writes later USING (id) WHERE later.n > w.n AND later.v < w.v"))
                .as("moved back")
                .isEmpty();
        assertThat(lane.rows("SELECT 1 FROM sluice.dead_letters")).isEmpty();
    }

    /** Values only grow, so that a row that moves back shows. */
    private void write(Random random, Map<Long, Long> model, AtomicBoolean writing) {
        for (long value = 1; writing.get(); value++) {
            long id = random.nextInt(500);
            lane.transaction(lane.update("parents", id, value));
            model.put(id, value);
            if (value % 20 == 0) {
                lane.flush();
            }
        }
    }

    private void race(int round) {
        List<Sink> sinks =
                List.of(lane.sink(lane.settings(50), FaultPoints.NONE), lane.sink(lane.settings(50), FaultPoints.NONE));
        List<CompletableFuture<Void>> ends = sinks.stream().map(TestLane::start).toList();
        TestLane.await(
                "one to be refused in round " + round, () -> ends.stream().anyMatch(CompletableFuture::isDone));
        int winner = ends.get(0).isDone() ? 1 : 0;
        assertThat(catchThrowable(() -> ends.get(1 - winner).join()).getCause())
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("claimed by a newer sink");
        long before = sinks.get(winner).status().sequence();
        TestLane.await(
                "the other to go on",
                () -> ends.get(winner).isDone() || sinks.get(winner).status().sequence() > before);
        assertThat(ends.get(winner)).isNotDone();
        sinks.get(winner).stop();
        ends.get(winner).join();
    }
}
