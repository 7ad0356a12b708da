package dev.sluice.cli.demo;

import dev.sluice.cli.run.Bars;
import java.io.PrintWriter;
import java.time.Duration;

/** For a terminal: a bar per table, then one line that is always overwritten. */
final class DemoBars implements Screen {
    private final Bars bars;

    DemoBars(PrintWriter out) {
        bars = new Bars(out);
    }

    @Override
    public void say(String line) {
        bars.say(line);
    }

    @Override
    public void backfill(LiveView view, Duration since) {
        for (LiveView.TableView table : view.tables()) {
            bars.step(
                    String.format("%-20s", table.name()),
                    table.rows(),
                    table.loaded() ? table.rows() : Math.max(table.expected(), table.rows()));
        }
    }

    @Override
    public void backfilled(LiveView view) {
        backfill(view, Duration.ZERO);
        bars.endAll();
    }

    @Override
    public void follow(LiveView view, double eventsPerSecond, Duration left) {
        bars.show(Rates.lagLine(view, eventsPerSecond, left));
    }

    @Override
    public void close() {
        bars.close();
    }
}
