package dev.sluice.cli.verify;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.VerificationListener;

/**
 * Ends a comparison at its next step when it may not go on.
 *
 * @param require throws then; called by several threads
 */
record Guarded(VerificationListener listener, Runnable require) implements VerificationListener {
    @Override
    public void compared(TableId table, String step, long keys, long expected) {
        require.run();
        listener.compared(table, step, keys, expected);
    }

    @Override
    public void held(String why) {
        require.run();
        listener.held(why);
    }

    @Override
    public void say(String line) {
        listener.say(line);
    }
}
