package dev.sluice.verification;

import dev.sluice.runtime.SluiceException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the brake how far the target is behind, every second, while the pipeline runs. */
final class LagWatch {
    private static final Logger LOG = LoggerFactory.getLogger(LagWatch.class);
    private static final String LAG = """
            SELECT coalesce(max(extract(epoch FROM clock_timestamp() - source_time)), 0) FROM sluice.progress p
            WHERE pipeline = ? AND lane = ANY (?)""";

    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(runnable -> {
        Thread thread = new Thread(runnable, "verify-lag");
        thread.setDaemon(true);
        return thread;
    });
    private final RunContext run;

    private LagWatch(RunContext run) {
        this.run = run;
    }

    static LagWatch start(RunContext run) {
        LagWatch watch = new LagWatch(run);
        if (!run.settings().maxLag().isZero()) {
            var unused = watch.watch.scheduleWithFixedDelay(watch::look, 0, 1, TimeUnit.SECONDS);
        }
        return watch;
    }

    private void look() {
        try {
            run.brake().lagIs(run.live() ? lag() : Duration.ZERO);
        } catch (SluiceException e) {
            // Whoever reads or writes there meets the same, and says so.
            LOG.debug("The lag could not be read: {}", e.getMessage());
        }
    }

    private Duration lag() {
        return run.sessions().inTransaction(connection -> {
            try (PreparedStatement query = connection.prepareStatement(LAG)) {
                query.setString(1, run.ledger().pipeline());
                query.setArray(2, connection.createArrayOf("text", run.lanes().toArray()));
                try (ResultSet row = query.executeQuery()) {
                    row.next();
                    return Duration.ofMillis((long) (row.getDouble(1) * 1_000));
                }
            }
        });
    }

    void close() {
        watch.shutdownNow();
    }
}
