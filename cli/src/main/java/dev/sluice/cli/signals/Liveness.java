package dev.sluice.cli.signals;

import dev.sluice.cli.stations.Role;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether a pipeline that something is waited of can still bring it. One that is stopped or paused is waited for, as long as it can be heard of when it goes on; a lane that has stopped by itself is not. Used by one thread.
 */
public final class Liveness {
    private final String pipeline;
    private final boolean ownBroker;
    private final Set<Role> roles;
    private final String what;
    private final Optional<Duration> patience;
    private final InstantSource clock;
    private final Consumer<String> notices;
    private String lastNotice = "";
    private @Nullable Instant missingSince;

    /**
     * @param ownBroker whether the broker lives in the process of the pipeline, and ends with it
     * @param roles those that it takes
     * @param what is waited for, e.g. {@code the backfill}: it goes on when the pipeline does
     * @param patience how long a pipeline with a broker of its own may be stopped; empty for as long as it takes
     * @param notices told what is waited for, once each
     */
    public Liveness(
            String pipeline,
            boolean ownBroker,
            Set<Role> roles,
            String what,
            Optional<Duration> patience,
            InstantSource clock,
            Consumer<String> notices) {
        this.pipeline = pipeline;
        this.ownBroker = ownBroker;
        this.roles = Set.copyOf(roles);
        this.what = what;
        this.patience = patience;
        this.clock = clock;
        this.notices = notices;
    }

    /** @throws SluiceException of kind REFUSED when waiting is of no use */
    public void require(PipelineStatus status, Collection<String> lanes) {
        for (PipelineStatus.Lane lane : status.lanes()) {
            if (lanes.contains(lane.name()) && "stopped".equals(lane.state())) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "lane " + lane.name() + " has stopped: " + lane.message()
                                + ". When it runs again, run this again: it goes on");
            }
        }
        Optional<Role> missing = Role.SINGLE.stream()
                .filter(roles::contains)
                .filter(role -> !hasRole(status, role))
                .findFirst();
        if (missing.isPresent()) {
            requirePatience(missing.get());
            return;
        }
        missingSince = null;
        if (status.lanes().stream().anyMatch(lane -> lanes.contains(lane.name()) && lane.isPaused())) {
            notice("the pipeline is paused; " + what + " goes on with: sluice resume");
        } else {
            lastNotice = "";
        }
    }

    private void requirePatience(Role missing) {
        Instant now = clock.instant();
        missingSince = missingSince == null ? now : missingSince;
        boolean over =
                patience.isPresent() && Duration.between(missingSince, now).compareTo(patience.get()) > 0;
        if (ownBroker || over) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "pipeline " + pipeline + " has stopped; " + what
                            + " goes on with: sluice run. Then run this again, to wait for it");
        }
        notice("no " + missing.text() + " runs; " + what + " goes on with: sluice run");
    }

    private void notice(String text) {
        if (!text.equals(lastNotice)) {
            lastNotice = text;
            notices.accept(text);
        }
    }

    public static boolean hasPublisher(PipelineStatus status) {
        return hasRole(status, Role.PUBLISHER);
    }

    /** Whether somebody lives who has a role. */
    public static boolean hasRole(PipelineStatus status, Role role) {
        return status.instances().stream()
                .anyMatch(instance -> instance.alive() && instance.role().equals(role.text()));
    }
}
