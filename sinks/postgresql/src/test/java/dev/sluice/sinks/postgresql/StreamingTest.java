package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Outcome;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the sink holds in memory does not depend on how much there is to apply. */
class StreamingTest {
    /** What a consumer hands out at once is held too, until it has gone into batches. */
    private static final int POLL = 2_000;

    private final TestLane lane = TestLane.with("CREATE TABLE parents (id bigint PRIMARY KEY, name text)")
            .capture("parents");

    @AfterEach
    void close() {
        lane.close();
    }

    @Test
    void aTransactionOfManyRowsIsOneTransactionInSmallPieces() {
        streams(60_000);
    }

    @Test
    @Tag("exhaustive")
    void aTransactionOfThreeHundredThousandRowsIsOneTransactionInSmallPieces() {
        streams(300_000);
    }

    private void streams(int rows) {
        int batch = 1_000;
        for (long i = 1; i <= rows; i++) {
            lane.append(Outcome.APPLY, i == rows, false, false, null, lane.create("parents", i, "p"));
        }
        // The broker has all of it, so that where the consumer stands tells how much it has handed out.
        lane.flush();
        AtomicInteger pieces = new AtomicInteger();
        AtomicInteger mostHeld = new AtomicInteger();
        Sink sink = lane.sink(lane.settings(batch), point -> {
            if (point.startsWith("upsert")) {
                int written = batch * pieces.getAndIncrement();
                mostHeld.accumulateAndGet(handedOut(rows) - written, Math::max);
            }
        });
        CompletableFuture<Void> end = TestLane.start(sink);
        lane.awaitApplied(end);
        sink.stop();
        end.join();
        assertThat(lane.one("SELECT count(*) FROM parents")).isEqualTo(String.valueOf(rows));
        assertThat(sink.status().transactions()).isEqualTo(1);
        assertThat(pieces.get()).isBetween(rows / batch, rows / batch + 2);
        // It is asked for more while a batch is not full, and one answer may be that much.
        assertThat(mostHeld.get()).isBetween(batch, batch - 1 + POLL);
    }

    @Test
    void nothingIsReadOnWhileTheTargetIsAway() throws Exception {
        int batch = 100;
        for (long i = 1; i <= 20_000; i++) {
            lane.transaction(lane.create("parents", i, "p"));
        }
        lane.flush();
        Sink sink = lane.sink(lane.settings(batch), FaultPoints.NONE);
        CompletableFuture<Void> end;
        try (Connection holder = DriverManager.getConnection(lane.jdbcUrl);
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE parents IN SHARE MODE");
            end = TestLane.start(sink);
            TestLane.await(
                    "the sink to say that it waits",
                    () -> sink.status().state() == SinkStatus.State.WAITING_FOR_TARGET);
            // The batch that is written, the one that is read ahead, and what the consumer handed out at once.
            assertThat(handedOut(20_000)).isBetween(batch, batch - 1 + POLL);
            holder.rollback();
        }
        lane.awaitApplied(end);
        sink.stop();
        end.join();
        assertThat(lane.one("SELECT count(*) FROM parents")).isEqualTo("20000");
    }

    /**
     * How many of the topic's records the sink's consumer has handed out, by its place. What it has fetched counts more: the search for the first record reads some that are
     * let go of and read again.
     */
    private int handedOut(int records) {
        try {
            ObjectName metrics =
                    new ObjectName("kafka.consumer:type=consumer-fetch-manager-metrics,client-id=sluice-sink-"
                            + lane.topic + ",topic=" + lane.topic + ",partition=0");
            Object lag = ManagementFactory.getPlatformMBeanServer().getAttribute(metrics, "records-lag");
            return records - ((Double) lag).intValue();
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
    }
}
