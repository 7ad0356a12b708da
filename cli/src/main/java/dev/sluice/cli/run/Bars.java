package dev.sluice.cli.run;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** For a {@link Terminal}: bars with rows/s and time to go, and one line below that is always written over. Used by one thread. */
public final class Bars implements AutoCloseable {
    private static final int REFRESH_MILLIS = 250;
    private static final String OVERWRITE = "\r\u001b[2K";

    private final PrintWriter out;
    private final Map<String, ProgressBar> bars = new LinkedHashMap<>();
    private boolean lineOpen;

    public Bars(PrintWriter out) {
        this.out = out;
    }

    /** Moves the bar of this name, and draws it where there is none yet. */
    public void step(String name, long rows, long expected) {
        endLine();
        ProgressBar bar = bars.computeIfAbsent(name, n -> bar(n, expected));
        bar.maxHint(expected);
        bar.stepTo(rows);
    }

    private static ProgressBar bar(String name, long expected) {
        return new ProgressBarBuilder()
                .setTaskName(name)
                .setInitialMax(expected)
                .setUnit(" rows", 1)
                .showSpeed()
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(REFRESH_MILLIS)
                .build();
    }

    /** Leaves the bar as it stands. */
    public void end(String name) {
        ProgressBar bar = bars.remove(name);
        if (bar != null) {
            bar.close();
        }
    }

    /** As {@link #end}, all of them. */
    public void endAll() {
        bars.values().forEach(ProgressBar::close);
        bars.clear();
    }

    public boolean isEmpty() {
        return bars.isEmpty();
    }

    /** Writes over the line that was shown before. */
    public void show(String line) {
        out.print(OVERWRITE + line);
        out.flush();
        lineOpen = true;
    }

    /** A line that stays. */
    public void say(String line) {
        endLine();
        out.println(line);
        out.flush();
    }

    private void endLine() {
        if (lineOpen) {
            out.println();
            lineOpen = false;
        }
    }

    @Override
    public void close() {
        endAll();
        endLine();
        out.flush();
    }
}
