package dev.sluice.cli.backfill;

import dev.sluice.cli.run.Terminal;
import dev.sluice.schemas.relational.TableId;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;

/** What a person sees while tables are read again. Used by one thread. */
interface BackfillView extends AutoCloseable {
    void say(String line);

    void reading(List<ReadAgain.View> tables, Instant now);

    /** So many keys of the target have been looked for in the source. */
    void searching(TableId table, long keys, Instant now);

    @Override
    void close();

    /** Bars where they can be drawn, lines elsewhere; neither on the standard output, which is the result's. */
    static BackfillView on(PrintWriter err) {
        return Terminal.isInteractive() ? new BackfillBars(err) : new BackfillLines(err);
    }
}
