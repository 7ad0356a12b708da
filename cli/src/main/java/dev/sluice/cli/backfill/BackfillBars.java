package dev.sluice.cli.backfill;

import dev.sluice.cli.run.Bars;
import dev.sluice.schemas.relational.TableId;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** For a terminal: a bar with rows/s and time to go per table, then one line that is always overwritten. */
final class BackfillBars implements BackfillView {
    private final Bars bars;

    BackfillBars(PrintWriter out) {
        bars = new Bars(out);
    }

    @Override
    public void say(String line) {
        bars.say(line);
    }

    @Override
    public void reading(List<ReadAgain.View> tables, Instant now) {
        for (ReadAgain.View table : tables) {
            bars.step(table.table().toString(), table.rows(), table.done() ? table.rows() : table.estimated());
        }
    }

    @Override
    public void searching(TableId table, long keys, Instant now) {
        bars.endAll();
        bars.show(
                String.format(Locale.ROOT, "looking for rows that the source has no more: %s, %,d keys", table, keys));
    }

    @Override
    public void close() {
        bars.close();
    }
}
