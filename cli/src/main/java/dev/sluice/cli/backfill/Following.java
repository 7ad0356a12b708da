package dev.sluice.cli.backfill;

import dev.sluice.cli.signals.ControlEvents;
import dev.sluice.cli.signals.Liveness;
import dev.sluice.cli.stations.Role;
import dev.sluice.producers.api.ProgressStore;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Waits for answers of the producer, and until the target has applied them. A pipeline that is stopped or paused meanwhile is waited for, as long as it can be heard
 * of when it goes on; a lane that has stopped by itself is not.
 */
final class Following {
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final Duration DOUBT = Duration.ofSeconds(5);
    private final TargetDatabase target;
    private final String pipeline;
    private final Map<String, Object> kafka;
    private final Liveness liveness;
    private final ControlEvents events;
    private final InstantSource clock;
    private final Consumer<String> notices;
    private String signal = "";
    private Set<String> lanes = Set.of();
    private final Map<String, Long> answered = new HashMap<>();
    private @Nullable String refusal;
    private @Nullable Doubt doubt;
    private @Nullable Substitute substitute;
    private long nextLook;

    /**
     * @param ownBroker whether the broker lives in the process of the pipeline, and ends with it
     * @param notices told what is waited for, once each
     */
    Following(
            TargetDatabase target,
            String pipeline,
            Map<String, Object> kafka,
            boolean ownBroker,
            ControlEvents events,
            InstantSource clock,
            Consumer<String> notices) {
        this.target = target;
        this.pipeline = pipeline;
        this.kafka = kafka;
        this.liveness = new Liveness(
                pipeline, ownBroker, Set.of(Role.PUBLISHER), "the backfill", Optional.empty(), clock, notices);
        this.events = events;
        this.clock = clock;
        this.notices = notices;
    }

    /**
     * From now on answers of this signal count. To be said before it is asked.
     *
     * @param inLanes those that its answer is waited for in
     */
    void expect(String id, Set<String> inLanes) {
        signal = id;
        lanes = new HashSet<>(inLanes);
        answered.clear();
        refusal = null;
        doubt = null;
        substitute = null;
    }

    /** What is waited for instead of something that the producer refuses. */
    interface Substitute {
        Optional<Standing> of(Standing refused);
    }

    /**
     * As {@link #expect}, of a backfill: whether it is under way at all, the producer's progress tells.
     *
     * @param instead asked once, upon a refusal
     */
    void expect(Standing standing, Set<String> inLanes, Substitute instead) {
        expect(standing.signal(), inLanes);
        doubt = new Doubt(standing, clock.millis());
        substitute = instead;
    }

    /** The backfill that {@link #await} waits, or has waited, for. */
    Standing standing(Standing asked) {
        return doubt == null ? asked : doubt.standing;
    }

    /**
     * Waits until the target has applied the answer.
     *
     * @param heard told every control event
     * @param looked told how the target stands, again and again; the last time with the answer applied
     * @throws SluiceException of kind REFUSED when the producer refuses, or never will answer
     */
    void await(BiConsumer<String, Control> heard, Consumer<PipelineStatus> looked) {
        boolean done = false;
        while (!done) {
            events.poll(LOOK, (lane, control) -> {
                hear(lane, control);
                heard.accept(lane, control);
            });
            requireNoRefusal();
            if (doubt != null && answered.isEmpty()) {
                doubt.look();
            }
            done = isTimeToLook() && look(looked);
            requireNoInterrupt();
        }
    }

    /** Records come faster than the target is to be asked. */
    private boolean isTimeToLook() {
        long now = clock.millis();
        if (now < nextLook) {
            return false;
        }
        nextLook = now + LOOK.toMillis();
        return true;
    }

    private boolean look(Consumer<PipelineStatus> looked) {
        PipelineStatus status = PipelineStatus.read(target, pipeline);
        looked.accept(status);
        boolean done = answered.keySet().containsAll(lanes)
                && answered.entrySet().stream().allMatch(a -> status.appliedSequence(a.getKey()) >= a.getValue());
        if (!done) {
            liveness.require(status, lanes);
        }
        return done;
    }

    /** A command that was killed may have asked for the very same, and its signal stands in front of this one. */
    private void requireNoRefusal() {
        String why = refusal;
        if (why == null) {
            return;
        }
        Optional<Standing> other =
                doubt == null || substitute == null ? Optional.empty() : substitute.of(doubt.standing);
        if (other.isEmpty()) {
            throw SluiceException.of(ErrorKind.REFUSED, "the publisher of pipeline " + pipeline + " refuses: " + why);
        }
        notices.accept("the same backfill is under way already, by signal "
                + other.get().signal());
        expect(other.get(), lanes, refused -> Optional.empty());
    }

    /** Waits for something that the lanes bring about by themselves. */
    void awaitThat(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            events.poll(LOOK, (lane, control) -> {});
            if (isTimeToLook()) {
                liveness.require(PipelineStatus.read(target, pipeline), lanes);
            }
            requireNoInterrupt();
        }
    }

    private void hear(String lane, Control control) {
        if (signal.equals(control.signal())) {
            refusal = control.attributes().getOrDefault(Control.REFUSED, refusal);
            answered.put(lane, control.source().sequence());
            nextLook = 0;
        }
    }

    /**
     * Nothing more is heard of a backfill that has ended before this command listened, or that the publisher did not understand. The progress tells that it is over; then its
     * answer stands in the lanes, if there is one. So nothing is concluded before everything has been heard that stood there by then, however slow this reader is.
     */
    private final class Doubt {
        private final Standing standing;
        private long next;
        private boolean seen;
        private @Nullable ProducerProgress over;
        private BooleanSupplier heardAll = () -> false;

        private Doubt(Standing standing, long now) {
            this.standing = standing;
            this.next = now + DOUBT.toMillis();
        }

        private void look() {
            if (over == null && clock.millis() >= next) {
                next = clock.millis() + DOUBT.toMillis();
                ask();
            }
            ProducerProgress progress = over;
            if (progress != null && heardAll.getAsBoolean()) {
                conclude(progress);
            }
        }

        /** Twice, because what two topics say of one transaction may become visible one after the other. */
        private void ask() {
            Optional<ProducerProgress> progress =
                    ProgressStore.read(kafka, pipeline).filter(this::isGone);
            if (seen && progress.isPresent()) {
                over = progress.get();
                heardAll = events.everythingUntilNow();
            }
            seen = progress.isPresent();
        }

        private boolean isGone(ProducerProgress progress) {
            return (standing.attached() || progress.signalsOffset() > standing.offset())
                    && progress.snapshots().stream().noneMatch(table -> table.isUnderWayFor(standing.signal()));
        }

        private void conclude(ProducerProgress progress) {
            if (!standing.attached()) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "the publisher of pipeline " + pipeline + " has passed signal " + standing.signal()
                                + " without an answer: it is of an earlier version of Sluice that knows no backfills. Start it with this version, then run this again");
            }
            progress.nextSequence().forEach((lane, next) -> {
                if (lanes.contains(lane)) {
                    answered.put(lane, next - 1);
                }
            });
        }
    }

    private static void requireNoInterrupt() {
        if (Thread.currentThread().isInterrupted()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED, "interrupted; what was begun goes on, run this again to wait for it");
        }
    }
}
