package dev.sluice.cli.demo;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** For a terminal: a bar per table, then one line that is always overwritten. */
final class Bars implements Screen {
    private static final int REFRESH_MILLIS = 200;
    private static final String OVERWRITE = "\r\033[K";

    private final PrintWriter out;
    private final Map<String, ProgressBar> bars = new LinkedHashMap<>();
    private boolean lineOpen;

    Bars(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void say(String line) {
        endLine();
        out.println(line);
        out.flush();
    }

    @Override
    public void backfill(LiveView view, Duration since) {
        endLine();
        for (LiveView.TableView table : view.tables()) {
            ProgressBar bar = bars.computeIfAbsent(table.name(), name -> bar(name, table.expected()));
            bar.maxHint(table.loaded() ? table.rows() : Math.max(table.expected(), table.rows()));
            bar.stepTo(table.rows());
        }
    }

    @Override
    public void backfilled(LiveView view) {
        backfill(view, Duration.ZERO);
        bars.values().forEach(ProgressBar::close);
        bars.clear();
    }

    @Override
    public void follow(LiveView view, double eventsPerSecond, Duration left) {
        out.print(OVERWRITE + Rates.lagLine(view, eventsPerSecond, left));
        out.flush();
        lineOpen = true;
    }

    @Override
    public void close() {
        bars.values().forEach(ProgressBar::close);
        bars.clear();
        endLine();
    }

    private static ProgressBar bar(String table, long expected) {
        return new ProgressBarBuilder()
                .setTaskName(String.format("%-20s", table))
                .setInitialMax(expected)
                .setUpdateIntervalMillis(REFRESH_MILLIS)
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(" rows", 1)
                .showSpeed()
                .build();
    }

    private void endLine() {
        if (lineOpen) {
            out.println();
            lineOpen = false;
        }
    }
}
