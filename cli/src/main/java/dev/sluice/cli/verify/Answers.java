package dev.sluice.cli.verify;

import dev.sluice.cli.signals.ControlEvents;
import dev.sluice.cli.signals.Liveness;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Control;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Hears the answers of a pipeline, in a thread of its own, and hands each to whoever asked when the target has applied it. When the pipeline cannot answer any more, everybody who waits is told why, and everybody who asks afterwards.
 */
final class Answers implements AutoCloseable {
    private static final Duration LISTEN = Duration.ofMillis(50);
    private static final long LOOK_MILLIS = 1_000;

    private static final long DOUBT_MILLIS = 5_000;

    private final TargetDatabase target;
    private final String pipeline;
    private final ControlEvents events;
    private final Liveness liveness;
    private final InstantSource clock;
    private final Function<String, Asked> doubter;
    private final Standstill standstill;
    private final List<Asked> waiting = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean closed;
    private volatile @Nullable RuntimeException failure;
    private long nextLook;

    /**
     * @param events used by nobody else; closed here
     * @param doubter asks for something in a lane that every publisher understands
     * @param notices told when what is waited for does not come nearer
     */
    Answers(
            TargetDatabase target,
            String pipeline,
            ControlEvents events,
            Liveness liveness,
            InstantSource clock,
            Function<String, Asked> doubter,
            Consumer<String> notices) {
        this.target = target;
        this.pipeline = pipeline;
        this.events = events;
        this.liveness = liveness;
        this.clock = clock;
        this.doubter = doubter;
        this.standstill = new Standstill(notices);
        this.thread = new Thread(this::listen, "sluice-verify-answers-" + pipeline);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** @throws SluiceException, or another, when they are not heard any more, though nobody has closed this */
    boolean areHeard() {
        if (closed) {
            return false;
        }
        RuntimeException why = failure;
        if (why != null) {
            throw Asked.failure(why);
        }
        return true;
    }

    /** Said before it is sent. */
    void expect(Asked asked) {
        waiting.add(asked);
        RuntimeException why = failure;
        if (why != null) {
            waiting.remove(asked);
            asked.fail(why);
        }
    }

    private void listen() {
        try {
            while (!closed) {
                events.poll(LISTEN, this::hear);
                waiting.removeIf(Asked::isOver);
                look();
            }
            end(SluiceException.of(ErrorKind.REFUSED, "nobody waits for the pipeline any more"));
        } catch (RuntimeException e) {
            end(e);
        } catch (Error e) {
            // Nobody would hear of it, and all would wait for ever.
            end(new IllegalStateException("the answers of the pipeline cannot be heard: " + e, e));
            throw e;
        } finally {
            events.close();
        }
    }

    private void hear(String lane, Control control) {
        for (Asked asked : waiting) {
            if (asked.signal().equals(control.signal()) && asked.lane().equals(lane)) {
                asked.hear(control);
            }
        }
    }

    /** What is answered is applied soon, and asked for each time; whether the pipeline still lives, now and then. */
    private void look() {
        if (waiting.stream().anyMatch(Asked::isAnswered)) {
            Map<String, Long> applied = target.withConnection(this::appliedSequences);
            waiting.forEach(asked -> asked.applied(applied.getOrDefault(asked.lane(), -1L)));
            waiting.removeIf(Asked::isOver);
        }
        long now = clock.millis();
        if (now >= nextLook && !waiting.isEmpty()) {
            nextLook = now + LOOK_MILLIS;
            Set<String> lanes = waiting.stream().map(Asked::lane).collect(Collectors.toSet());
            PipelineStatus status = PipelineStatus.read(target, pipeline);
            liveness.require(status, lanes);
            standstill.look(status, waiting, now);
            doubt(now);
        }
    }

    private Map<String, Long> appliedSequences(Connection connection) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT lane, sequence FROM sluice.progress WHERE pipeline = ?")) {
            query.setString(1, pipeline);
            Map<String, Long> applied = new HashMap<>();
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    applied.put(row.getString(1), row.getLong(2));
                }
            }
            return applied;
        }
    }

    private void doubt(long now) {
        for (Asked asked : waiting) {
            if (asked.isPassedBy()) {
                asked.fail(notUnderstood(asked));
            } else if (asked.isDoubtful(now, DOUBT_MILLIS)) {
                asked.doubt(doubter.apply(asked.lane()));
            }
        }
    }

    private SluiceException notUnderstood(Asked asked) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                "the publisher of pipeline " + pipeline + " has passed signal " + asked.signal()
                        + " without an answer: it is of an earlier version of Sluice that cannot compare. Start it with this version, then run this again");
    }

    private void end(RuntimeException why) {
        failure = why;
        waiting.forEach(asked -> asked.fail(why));
        waiting.clear();
    }

    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
