package dev.sluice.cli.backfill;

import dev.sluice.schemas.relational.TableId;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** For a terminal: a bar with rows/s and time to go per table, then one line that is always overwritten. */
final class BackfillBars implements BackfillView {
    private static final int REFRESH_MILLIS = 250;
    private static final String OVERWRITE = "\r\u001b[2K";

    private final PrintWriter out;
    private final Map<TableId, ProgressBar> bars = new LinkedHashMap<>();
    private boolean lineOpen;

    BackfillBars(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void say(String line) {
        endLine();
        out.println(line);
        out.flush();
    }

    @Override
    public void reading(List<ReadAgain.View> tables, Instant now) {
        for (ReadAgain.View table : tables) {
            ProgressBar bar = bars.computeIfAbsent(table.table(), id -> bar(id, table.estimated()));
            bar.maxHint(table.done() ? table.rows() : table.estimated());
            bar.stepTo(table.rows());
        }
    }

    private static ProgressBar bar(TableId table, long estimated) {
        return new ProgressBarBuilder()
                .setTaskName(table.toString())
                .setInitialMax(estimated)
                .setUnit(" rows", 1)
                .showSpeed()
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(REFRESH_MILLIS)
                .build();
    }

    @Override
    public void searching(TableId table, long keys, Instant now) {
        endBars();
        out.print(OVERWRITE
                + String.format(
                        Locale.ROOT, "looking for rows that the source has no more: %s, %,d keys", table, keys));
        out.flush();
        lineOpen = true;
    }

    private void endBars() {
        bars.values().forEach(ProgressBar::close);
        bars.clear();
    }

    private void endLine() {
        if (lineOpen) {
            out.println();
            lineOpen = false;
        }
    }

    @Override
    public void close() {
        endBars();
        endLine();
        out.flush();
    }
}
