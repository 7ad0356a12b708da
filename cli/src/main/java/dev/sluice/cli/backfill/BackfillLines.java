package dev.sluice.cli.backfill;

import dev.sluice.cli.run.LoadLine;
import dev.sluice.schemas.relational.TableId;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** For a file or a pipe: now and then a line. */
final class BackfillLines implements BackfillView {
    private static final Duration EVERY = Duration.ofSeconds(2);

    private final PrintWriter out;
    private Instant next = Instant.MIN;
    private @Nullable Instant began;

    BackfillLines(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void say(String line) {
        out.println(line);
        out.flush();
    }

    @Override
    public void reading(List<ReadAgain.View> tables, Instant now) {
        long rows = tables.stream().mapToLong(ReadAgain.View::rows).sum();
        if (began == null && rows > 0) {
            began = now;
        }
        if (now.isBefore(next)) {
            return;
        }
        next = now.plus(EVERY);
        long estimated = tables.stream().mapToLong(ReadAgain.View::estimated).sum();
        double seconds = began == null ? 0 : Duration.between(began, now).toMillis() / 1e3;
        double rate = seconds <= 0 ? 0 : rows / seconds;
        say(LoadLine.of(
                rows,
                estimated,
                rate,
                tables.stream()
                        .filter(table -> !table.done() && table.rows() > 0)
                        .map(table -> table.table().toString())
                        .toList()));
    }

    @Override
    public void searching(TableId table, long keys, Instant now) {
        if (!now.isBefore(next)) {
            next = now.plus(EVERY);
            say(String.format(Locale.ROOT, "looking for rows that the source has no more: %s, %,d keys", table, keys));
        }
    }

    @Override
    public void close() {
        out.flush();
    }
}
