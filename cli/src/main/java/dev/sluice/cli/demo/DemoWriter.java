package dev.sluice.cli.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The demo's application: writes to its SQLite file until its standard input ends, as it also does when the process that started it dies. Prints
 * {@link #WRITING} after its first transaction and its totals, {@link WriterTotals}, at the end.
 */
@Command(name = "demo-writer", hidden = true, description = "The application of the demo; started by sluice demo.")
public final class DemoWriter implements Callable<Integer> {
    static final String WRITING = "writing";

    /** SQLite lets the next one in only when it happens to ask between two transactions. */
    private static final Duration SHORTEST_GAP = Duration.ofMillis(1);

    /** After a pause (a lock, a busy machine) at most this much is caught up at full speed. */
    private static final Duration LARGEST_BURST = Duration.ofSeconds(1);

    @Parameters(paramLabel = "FILE", description = "The SQLite file, with its tables.")
    private Path database = Path.of("");

    @Option(names = "--writes-per-second", description = "Rows per second.")
    private double writesPerSecond = 200;

    @Option(names = "--rows", description = "Make the tables first and fill them with about this many rows.")
    private long rows;

    @Option(names = "--probes", description = "Add a row with the time of commit to each transaction.")
    private boolean probes;

    @Option(names = "--seed", description = "Of the random numbers; another one each time when not given.")
    private long seed = System.nanoTime();

    private volatile boolean stopped;

    @Override
    public Integer call() throws SQLException {
        InstantSource clock = InstantSource.system();
        Thread watcher = new Thread(this::stopWhenInputEnds, "input");
        watcher.setDaemon(true);
        watcher.start();
        try (AppDatabase app = AppDatabase.open(database)) {
            Values values = new Values(new Random(seed), clock);
            if (rows > 0) {
                app.createTables();
                new Seed(app, values).fill(rows);
            }
            Workload workload = probes ? Workload.withProbes(app, values, clock) : Workload.plain(app, values);
            long transactions = write(workload);
            System.out.println(new WriterTotals(transactions, app.committedRows()));
        }
        return 0;
    }

    private long write(Workload workload) throws SQLException {
        long transactions = 0;
        long paid = System.nanoTime();
        while (!stopped) {
            long written = workload.transaction();
            if (transactions == 0) {
                System.out.println(WRITING);
            }
            transactions++;
            paid = Math.max(paid, System.nanoTime() - LARGEST_BURST.toNanos())
                    + (long) (written * 1e9 / writesPerSecond);
            waitUntil(Math.max(paid, System.nanoTime() + SHORTEST_GAP.toNanos()));
        }
        return transactions;
    }

    private void waitUntil(long nanoTime) {
        long left = nanoTime - System.nanoTime();
        while (left > 0 && !stopped) {
            LockSupport.parkNanos(Math.min(left, 50_000_000));
            left = nanoTime - System.nanoTime();
        }
    }

    private void stopWhenInputEnds() {
        try {
            while (System.in.read() >= 0) {
                // Whatever comes means nothing; the end does.
            }
        } catch (IOException e) {
            // A broken pipe is an end, too.
        }
        stopped = true;
    }
}
