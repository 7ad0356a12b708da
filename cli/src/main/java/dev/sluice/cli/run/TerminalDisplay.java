package dev.sluice.cli.run;

import dev.sluice.producers.api.PublisherStatus;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus.TableStatus;
import java.io.PrintStream;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar per table while it is loaded, with rows/s and time to go; then one line with the lag that is written over. */
final class TerminalDisplay implements ProgressDisplay {
    private static final String CLEAR_LINE = "\r\u001b[2K";

    private final PrintStream out;
    private final Map<TableId, ProgressBar> bars = new HashMap<>();
    private final Set<TableId> done = new HashSet<>();
    private final Rate applied = new Rate();
    private boolean begun;
    private boolean lagLine;

    TerminalDisplay(PrintStream out) {
        this.out = out;
    }

    @Override
    public void show(Snapshot snapshot, Instant now) {
        double rowsPerSecond = applied.update(snapshot.rowsApplied(), now);
        if (!begun) {
            begun = true;
            // Loaded by an earlier run.
            snapshot.target().tables().stream()
                    .filter(t -> t.phase().equals("live"))
                    .forEach(t -> done.add(t.table()));
        }
        for (TableStatus table : snapshot.target().tables()) {
            show(snapshot, table);
        }
        if (bars.isEmpty() && snapshot.isLoaded()) {
            out.print(CLEAR_LINE + "live: " + LogDisplay.lane(snapshot, now, rowsPerSecond));
            out.flush();
            lagLine = true;
        }
    }

    private void show(Snapshot snapshot, TableStatus table) {
        boolean live = table.phase().equals("live");
        if (table.phase().equals("loading")) {
            // Once more, when it is read again.
            done.remove(table.table());
        }
        if (done.contains(table.table()) || (!live && !table.phase().equals("loading"))) {
            return;
        }
        long rows = table.snapshotRows();
        ProgressBar bar = bars.computeIfAbsent(table.table(), id -> bar(id, snapshot));
        bar.maxHint(live ? rows : Math.max(bar.getMax(), rows));
        bar.stepTo(rows);
        if (live) {
            bar.close();
            bars.remove(table.table());
            done.add(table.table());
        }
    }

    private ProgressBar bar(TableId table, Snapshot snapshot) {
        long estimate = snapshot.published(table)
                .map(PublisherStatus.TableStatus::rowsEstimated)
                .orElse(0L);
        return new ProgressBarBuilder()
                .setTaskName(table.toString())
                .setInitialMax(estimate)
                .setUnit(" rows", 1)
                .showSpeed()
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(250)
                .build();
    }

    @Override
    public void close() {
        bars.values().forEach(ProgressBar::close);
        if (lagLine) {
            out.println();
        }
    }
}
