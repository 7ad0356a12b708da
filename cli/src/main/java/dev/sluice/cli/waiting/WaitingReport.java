package dev.sluice.cli.waiting;

import dev.sluice.sinks.postgresql.control.WaitingList;
import java.io.PrintWriter;

/** Writes rows as they come; keeps none. */
interface WaitingReport extends AutoCloseable {
    static WaitingReport to(PrintWriter out, boolean json) {
        return json ? new JsonReport(out) : new TextReport(out);
    }

    void begin(String pipeline);

    void row(WaitingList.Row row);

    void end(WaitingList.Totals totals);

    @Override
    void close();
}
