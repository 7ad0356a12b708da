package dev.sluice.cli.verify;

import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.InstanceLease;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One comparison of a pipeline at a time: another would take its rows away. That of a process that was killed ends within ten seconds. */
final class VerifierLease {
    private static final Logger LOG = LoggerFactory.getLogger(VerifierLease.class);

    private VerifierLease() {}

    /**
     * Does something meanwhile. Whoever loses the lease, because the target was away and somebody else took it, is interrupted, and fails at its next step.
     *
     * @param work takes what throws when the lease is lost, for any thread
     * @throws SluiceException of kind REFUSED naming the holder
     */
    static <T> T holding(TargetDatabase target, String pipeline, Function<Runnable, T> work) {
        AtomicReference<@Nullable SluiceException> lost = new AtomicReference<>();
        Thread worker = Thread.currentThread();
        InstanceLease lease = InstanceLease.acquire(
                target, pipeline, InstanceLease.VERIFIER, UUID.randomUUID().toString(), false, taken -> {
                    lost.set(taken);
                    worker.interrupt();
                });
        try {
            return work.apply(() -> {
                SluiceException taken = lost.get();
                if (taken != null) {
                    throw SluiceException.of(taken.kind(), String.valueOf(taken.getMessage()), taken);
                }
            });
        } catch (SluiceException e) {
            SluiceException taken = lost.get();
            throw taken == null ? e : taken;
        } finally {
            giveBack(lease);
        }
    }

    /** Also by whoever is interrupted. A target that is away cannot be told; there the lease ends by itself soon. */
    private static void giveBack(InstanceLease lease) {
        boolean interrupted = Thread.interrupted();
        try {
            lease.close();
        } catch (SluiceException e) {
            LOG.debug("Cannot give the verifier's lease back", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
