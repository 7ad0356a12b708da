package dev.sluice.cli.run;

import dev.sluice.producers.api.PublisherStatus;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus.TableStatus;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/** A bar per table while it is loaded, with rows/s and time to go; then one line with the lag that is written over. */
final class TerminalDisplay implements ProgressDisplay {
    private final Bars bars;
    private final Set<TableId> done = new HashSet<>();
    private final Rate applied = new Rate();
    private boolean begun;

    TerminalDisplay(PrintStream out) {
        bars = new Bars(new PrintWriter(out, true, StandardCharsets.UTF_8));
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
            bars.show("live: " + LogDisplay.lane(snapshot, now, rowsPerSecond));
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
        long estimated = snapshot.published(table.table())
                .map(PublisherStatus.TableStatus::rowsEstimated)
                .orElse(0L);
        bars.step(table.table().toString(), rows, live ? rows : Math.max(estimated, rows));
        if (live) {
            bars.end(table.table().toString());
            done.add(table.table());
        }
    }

    @Override
    public void close() {
        bars.close();
    }
}
