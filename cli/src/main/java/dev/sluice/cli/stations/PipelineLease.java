package dev.sluice.cli.stations;

import dev.sluice.cli.config.Configuration;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.InstanceLease;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to run roles of a pipeline: one process at a time each. Whoever has all of them may change what the pipeline needs. Taken and given back by
 * one thread.
 */
public final class PipelineLease implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PipelineLease.class);
    /** Whoever stops a process that waits for its target should not have to wait with it. */
    private static final Duration GIVING_BACK = Duration.ofSeconds(3);

    private static final String ROLE_OF_VERSION_1 = "instance";

    private final TargetDatabase database;
    private final String pipeline;
    private final boolean takeOver;
    private final Consumer<SluiceException> lost;
    private final String instance = UUID.randomUUID().toString();
    private final Map<Role, InstanceLease> held = new EnumMap<>(Role.class);

    /**
     * Takes nothing yet.
     *
     * @param takeOver takes the lease away from a living holder
     * @param lost told, from a background thread, when somebody else took a role over
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
     * Takes what all roles together may do. Does nothing about those that are held already. The pipeline must be known to the target.
     *
     * @throws SluiceException of kind REFUSED naming the holder
     */
    public void take() {
        take(Role.SINGLE);
    }

    /** As {@link #take()}, of these roles only; for roles that several processes share there is nothing to take. */
    public void take(Collection<Role> roles) {
        takeOfOlderVersion();
        for (Role role : Role.values()) {
            if (Role.SINGLE.contains(role) && roles.contains(role) && !held.containsKey(role)) {
                held.put(role, InstanceLease.acquire(database, pipeline, role.text(), instance, takeOver, lost));
            }
        }
    }

    /** A process of version 1 has one lease for all it does, and must not run beside anything. One that died leaves a row that goes here. */
    private void takeOfOlderVersion() {
        boolean known = PipelineStatus.read(database, pipeline).instances().stream()
                .anyMatch(instance -> instance.role().equals(ROLE_OF_VERSION_1));
        if (known) {
            InstanceLease.acquire(database, pipeline, ROLE_OF_VERSION_1, this.instance, takeOver, lost)
                    .close();
        }
    }

    /** Who has taken a role over by now, without waiting for the next renewal; empty also when the target cannot be asked. */
    public Optional<SluiceException> takenOver() {
        try {
            return held.values().stream()
                    .map(InstanceLease::takenOver)
                    .flatMap(Optional::stream)
                    .findFirst();
        } catch (SluiceException e) {
            LOG.debug("Cannot ask who holds the lease of {}", pipeline, e);
            return Optional.empty();
        }
    }

    /** Gives those back that are not among these. */
    public void keep(Set<Role> roles) {
        List<InstanceLease> given = new ArrayList<>();
        for (Role role : Role.values()) {
            InstanceLease lease = roles.contains(role) ? null : held.remove(role);
            if (lease != null) {
                given.add(lease);
            }
        }
        giveBack(given);
    }

    /** Gives everything back. A target that is away cannot be told; there the lease ends by itself soon. */
    @Override
    public void close() {
        keep(Set.of());
    }

    private void giveBack(List<InstanceLease> leases) {
        if (leases.isEmpty()) {
            return;
        }
        AtomicInteger told = new AtomicInteger();
        Thread giving =
                new Thread(() -> leases.forEach(lease -> told.addAndGet(tell(lease) ? 1 : 0)), "sluice-lease-return");
        giving.setDaemon(true);
        giving.start();
        try {
            giving.join(GIVING_BACK.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (told.get() < leases.size()) {
            LOG.info(
                    "the target cannot be told that pipeline {} has stopped; its lease ends by itself within {} s",
                    pipeline,
                    InstanceLease.LEASE.toSeconds());
        }
    }

    private boolean tell(InstanceLease lease) {
        try {
            lease.close();
            return true;
        } catch (SluiceException e) {
            LOG.debug("Cannot give the lease of {} back", pipeline, e);
            return false;
        }
    }
}
