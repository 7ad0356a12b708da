package dev.sluice.cli.replay;

import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.Replay;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** For a terminal: a bar per lane and stage, with speed and time to go. */
final class Bars implements Watch {
    private final PrintStream out;
    private final Map<String, ProgressBar> bars = new LinkedHashMap<>();
    private String told = "";

    Bars(PrintStream out) {
        this.out = out;
    }

    @Override
    public void show(List<Replay> replays, PipelineStatus status) {
        for (Replay replay : replays) {
            String obstacle = Watch.obstacle(replay, status);
            if (replay.isUnderWay() && !obstacle.isEmpty() && !obstacle.equals(told)) {
                told = obstacle;
                out.println("lane " + replay.lane() + ": " + replay.progress() + obstacle);
            }
            if (replay.total() > 0) {
                show(replay);
            }
        }
    }

    private void show(Replay replay) {
        boolean indexing = replay.state().equals("indexing");
        String name = "lane " + replay.lane() + (indexing ? " indexing" : " applying");
        if (!indexing) {
            ProgressBar before = bars.remove("lane " + replay.lane() + " indexing");
            if (before != null) {
                before.stepTo(before.getMax());
                before.close();
            }
        }
        ProgressBar bar = bars.computeIfAbsent(name, n -> bar(n, indexing ? " events" : " rows"));
        bar.maxHint(replay.total());
        bar.stepTo(replay.done());
    }

    private ProgressBar bar(String name, String unit) {
        return new ProgressBarBuilder()
                .setTaskName(name)
                .setInitialMax(1)
                .setUnit(unit, 1)
                .showSpeed()
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(250)
                .setConsumer(new ConsoleProgressBarConsumer(out))
                .build();
    }

    @Override
    public void close() {
        bars.values().forEach(ProgressBar::close);
    }
}
