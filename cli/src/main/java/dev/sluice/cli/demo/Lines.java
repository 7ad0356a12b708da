package dev.sluice.cli.demo;

import dev.sluice.cli.run.LoadLine;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;

/** For a file or a pipe: now and then a line. */
final class Lines implements Screen {
    private static final Duration EVERY = Duration.ofSeconds(2);

    private final PrintWriter out;
    private Instant next = Instant.MIN;

    Lines(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void say(String line) {
        out.println(line);
        out.flush();
    }

    @Override
    public void backfill(LiveView view, Duration since) {
        if (view.at().isBefore(next)) {
            return;
        }
        next = view.at().plus(EVERY);
        double rate = Rates.perSecond(view.rows(), since);
        say(LoadLine.of(
                view.rows(),
                view.expected(),
                rate,
                view.tables().stream()
                        .filter(table -> !table.loaded() && table.rows() > 0)
                        .map(LiveView.TableView::name)
                        .toList()));
    }

    @Override
    public void backfilled(LiveView view) {
        next = Instant.MIN;
    }

    @Override
    public void follow(LiveView view, double eventsPerSecond, Duration left) {
        if (view.at().isBefore(next)) {
            return;
        }
        next = view.at().plus(EVERY);
        say(Rates.lagLine(view, eventsPerSecond, left));
    }

    @Override
    public void close() {
        out.flush();
    }
}
