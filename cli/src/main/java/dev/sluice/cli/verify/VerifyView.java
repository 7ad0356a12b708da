package dev.sluice.cli.verify;

import dev.sluice.cli.run.Terminal;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.VerificationListener;
import java.io.PrintWriter;
import java.time.InstantSource;

/** What a person sees while tables are compared. Thread-safe. */
interface VerifyView extends VerificationListener, AutoCloseable {
    @Override
    void close();

    /** Bars where they can be drawn, lines elsewhere; neither on the standard output, which is the result's. */
    static VerifyView on(PrintWriter err, InstantSource clock) {
        return Terminal.isInteractive() ? new VerifyBars(err, clock) : new VerifyLines(err, clock);
    }

    /** Nothing, for whoever shows only what was found. */
    static VerifyView quiet() {
        return new VerifyView() {
            @Override
            public void compared(TableId table, String step, long keys, long expected) {}

            @Override
            public void held(String why) {}

            @Override
            public void say(String line) {}

            @Override
            public void close() {}
        };
    }
}
