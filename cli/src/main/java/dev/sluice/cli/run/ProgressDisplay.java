package dev.sluice.cli.run;

import java.time.Instant;

/** What a person sees of a running pipeline. Used by one thread. */
public interface ProgressDisplay extends AutoCloseable {
    /** Called about twice a second. */
    void show(Snapshot snapshot, Instant now);

    @Override
    void close();

    /** Bars where they can be drawn, log lines elsewhere. */
    static ProgressDisplay forThisTerminal() {
        return Terminal.isInteractive() ? new TerminalDisplay(System.err) : new LogDisplay();
    }
}
