package dev.sluice.cli.stations;

import dev.sluice.cli.config.Configuration;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.InstanceLease;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The right to run a pipeline and to change what it needs: one process at a time. Taken and given back by one thread. */
public final class PipelineLease implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PipelineLease.class);
    private static final String ROLE = "instance";
    /** Whoever stops a process that waits for its target should not have to wait with it. */
    private static final Duration GIVING_BACK = Duration.ofSeconds(3);

    private final TargetDatabase database;
    private final String pipeline;
    private final boolean takeOver;
    private final Consumer<SluiceException> lost;
    private @Nullable InstanceLease held;

    /**
     * Takes nothing yet.
     *
     * @param takeOver takes the lease away from a living holder
     * @param lost told once, from a background thread, when somebody else took it over
     */
    public PipelineLease(TargetDatabase database, String pipeline, boolean takeOver, Consumer<SluiceException> lost) {
        this.database = database;
        this.pipeline = pipeline;
        this.takeOver = takeOver;
        this.lost = lost;
    }

    /** For commands that are over soon; whoever takes it over from them is only noted. */
    public static PipelineLease of(Stations stations, Configuration configuration) {
        return new PipelineLease(
                stations.target(), configuration.pipeline(), false, e -> LOG.warn("{}", e.getMessage()));
    }

    /**
     * Does nothing when it is held already. The pipeline must be known to the target.
     *
     * @throws SluiceException of kind REFUSED naming the holder
     */
    public void take() {
        if (held == null) {
            String instance = UUID.randomUUID().toString();
            held = InstanceLease.acquire(database, pipeline, ROLE, instance, takeOver, lost);
        }
    }

    /** Gives it back. A target that is away cannot be told; there the lease ends by itself soon. */
    @Override
    public void close() {
        InstanceLease lease = held;
        held = null;
        if (lease == null) {
            return;
        }
        AtomicBoolean told = new AtomicBoolean();
        Thread giving = new Thread(() -> told.set(giveBack(lease)), "sluice-lease-return");
        giving.setDaemon(true);
        giving.start();
        try {
            giving.join(GIVING_BACK.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!told.get()) {
            LOG.info(
                    "the target cannot be told that pipeline {} has stopped; its lease ends by itself within {} s",
                    pipeline,
                    InstanceLease.LEASE.toSeconds());
        }
    }

    private boolean giveBack(InstanceLease lease) {
        try {
            lease.close();
            return true;
        } catch (SluiceException e) {
            LOG.debug("Cannot give the lease of {} back", pipeline, e);
            return false;
        }
    }
}
