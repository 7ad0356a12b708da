package dev.sluice.cli.deadletters;

import dev.sluice.sinks.postgresql.control.DeadLetterList.Letter;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Totals;
import java.io.PrintWriter;

/** Writes letters as they come; keeps none. */
interface LetterReport extends AutoCloseable {
    static LetterReport to(PrintWriter out, boolean json) {
        return json ? new JsonReport(out) : new TextReport(out);
    }

    void begin(String pipeline);

    void letter(Letter letter);

    void end(Totals totals);

    @Override
    void close();
}
