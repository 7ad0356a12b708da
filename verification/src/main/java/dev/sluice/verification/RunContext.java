package dev.sluice.verification;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What the tables of one comparison share. Thread-safe.
 *
 * @param id of the comparison
 * @param live whether the pipeline runs and is asked; decided once, so that no key is judged as if it did not because it has stopped since
 * @param lanes those of the tables
 * @param stopping counted down when one of the tables has failed
 */
record RunContext(
        long id,
        double samplePercent,
        boolean live,
        List<String> lanes,
        TargetSessions sessions,
        Ledger ledger,
        Passage passage,
        VerificationSettings settings,
        Brake brake,
        VerificationListener listener,
        InstantSource clock,
        CountDownLatch stopping) {
    /** Waits as long as nothing is to be read, for the lane of a table too, which is asked whether it moves at all. */
    void pause(TableId table) {
        Brake.Hold hold = brake.hold();
        boolean held = !hold.isNone();
        while (!hold.isNone()) {
            hold(hold);
            if (hold.why() != null && live) {
                passage.awaitPresent(table);
                brake.lagIs(Duration.ZERO);
            }
            hold = brake.hold();
        }
        if (held) {
            listener.held("");
        }
        requireGoingOn();
    }

    /** Waits once. */
    void hold(Brake.Hold hold) {
        if (hold.isNone()) {
            return;
        }
        if (hold.why() != null) {
            listener.held(hold.why());
        }
        try {
            requireGoingOn(stopping.await(hold.time().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            requireGoingOn(true);
        }
    }

    /** To be asked before something is committed that a failure elsewhere may have made untrue. */
    void requireGoingOn() {
        requireGoingOn(stopping.getCount() == 0);
    }

    private void requireGoingOn(boolean stopped) {
        if (stopped || Thread.currentThread().isInterrupted()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED, "the comparison was stopped; run this again, it goes on where it was");
        }
    }
}
