package dev.sluice.cli.run;

import dev.sluice.producers.api.PublisherStatus;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus.TableStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A line now and then, for files and supervisors. */
final class LogDisplay implements ProgressDisplay {
    private static final Logger LOG = LoggerFactory.getLogger(LogDisplay.class);
    private static final Duration LOADING = Duration.ofSeconds(5);
    private static final Duration LIVE = Duration.ofSeconds(30);

    private final Map<TableId, Rate> rates = new HashMap<>();
    private final Set<TableId> loaded = new HashSet<>();
    private final Rate applied = new Rate();
    private @Nullable Instant lastLine;

    @Override
    public void show(Snapshot snapshot, Instant now) {
        double rowsPerSecond = applied.update(snapshot.rowsApplied(), now);
        boolean due = lastLine == null || !now.isBefore(lastLine.plus(snapshot.isLoaded() ? LIVE : LOADING));
        if (lastLine == null) {
            // Loaded by an earlier run.
            snapshot.target().tables().stream()
                    .filter(t -> t.phase().equals("live"))
                    .forEach(t -> loaded.add(t.table()));
        }
        for (TableStatus table : snapshot.target().tables()) {
            double rate = rates.computeIfAbsent(table.table(), t -> new Rate()).update(table.snapshotRows(), now);
            if (table.phase().equals("live")) {
                if (loaded.add(table.table())) {
                    LOG.info("{}: {} rows read, now live", table.table(), table.snapshotRows());
                }
            } else {
                // Told once more, when it is read again.
                loaded.remove(table.table());
                if (due && table.phase().equals("loading")) {
                    LOG.info("{}", loading(snapshot, table, rate));
                }
            }
        }
        if (due) {
            LOG.info("{}", lane(snapshot, now, rowsPerSecond));
            lastLine = now;
        }
    }

    private static String loading(Snapshot snapshot, TableStatus table, double rate) {
        long total = snapshot.published(table.table())
                .map(PublisherStatus.TableStatus::rowsEstimated)
                .orElse(0L);
        long left = Math.max(0, total - table.snapshotRows());
        String eta = rate < 1 ? "" : String.format(Locale.ROOT, ", about %.0f s to go", left / rate);
        return String.format(
                Locale.ROOT,
                "%s: %d of about %d rows, %.0f rows/s%s",
                table.table(),
                table.snapshotRows(),
                total,
                rate,
                eta);
    }

    static String lane(Snapshot snapshot, Instant now, double rowsPerSecond) {
        String lag = snapshot.lag(now)
                .map(l -> String.format(Locale.ROOT, "lag %.1f s", l.toMillis() / 1e3))
                .orElse("lag unknown yet");
        return String.format(
                Locale.ROOT,
                "%s, %.0f rows/s, %d waiting, %d dead letters%s",
                lag,
                rowsPerSecond,
                snapshot.target().waiting(),
                snapshot.target().openDeadLetters(),
                snapshot.trouble().map(t -> "; " + t).orElse(""));
    }

    @Override
    public void close() {}
}
