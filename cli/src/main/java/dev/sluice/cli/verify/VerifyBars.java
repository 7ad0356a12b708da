package dev.sluice.cli.verify;

import dev.sluice.cli.run.Bars;
import dev.sluice.schemas.relational.TableId;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** For a terminal: a bar with keys/s and time to go per table and step, and one line that says why nothing moves. */
final class VerifyBars implements VerifyView {
    private final Bars bars;
    private final Map<TableId, String> steps = new HashMap<>();
    private final InstantSource clock;
    private final Held held = new Held();

    VerifyBars(PrintWriter out, InstantSource clock) {
        bars = new Bars(out);
        this.clock = clock;
    }

    @Override
    public synchronized void compared(TableId table, String step, long keys, long expected) {
        if (keys == 0) {
            // Not begun: as many bars as there are tables would fill the screen.
            return;
        }
        String name = table + " " + step;
        String before = steps.put(table, name);
        if (before != null && !before.equals(name)) {
            bars.end(before);
        }
        bars.step(name, keys, Math.max(keys, expected));
    }

    @Override
    public synchronized void held(String why) {
        held.line(why, clock.instant()).ifPresent(bars::show);
    }

    @Override
    public synchronized void say(String line) {
        bars.say(line);
    }

    @Override
    public synchronized void close() {
        bars.close();
    }
}
