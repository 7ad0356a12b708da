package dev.sluice.cli.run;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.PreparedPipeline;
import dev.sluice.cli.stations.Stations;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.streams.LaneStatus;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the lanes of a pipeline run dry whose publisher is stopped: everything that is published is decided and applied, together with every release. A topology
 * looks at what it has put off when an event comes, and releases stand behind the event that caused them, so events that say nothing are published: one to
 * begin with, one behind everything.
 */
public final class Drain {
    private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
    private static final Duration LOOK = Duration.ofMillis(100);
    /** Longer than a lost instance keeps a lane and a state is restored from a changelog of some gigabytes. */
    private static final Duration STANDSTILL = Duration.ofMinutes(3);

    private final Configuration configuration;
    private final Stations stations;
    private final PreparedPipeline prepared;
    private final InstantSource clock;
    private final Supplier<Map<String, Long>> heartbeat;
    private final Standstill standstill;
    private final Parts parts = new Parts();
    private final Ending ending = new Ending();
    private final LaneEndings lanes;

    private Drain(
            Configuration configuration,
            Stations stations,
            PreparedPipeline prepared,
            Supplier<Map<String, Long>> heartbeat,
            InstantSource clock) {
        this.configuration = configuration;
        this.stations = stations;
        this.prepared = prepared;
        this.clock = clock;
        this.heartbeat = heartbeat;
        this.standstill = new Standstill(STANDSTILL, clock);
        this.lanes = new LaneEndings(prepared.layout().lanes(), ending);
    }

    /**
     * Whoever calls it holds the lease of the publisher and of the sink.
     *
     * @param heartbeat publishes one in every lane that was ever written; gives its sequence by lane
     * @return by lane: the newest sequence, which is applied
     * @throws SluiceException when a lane stops by itself, or of kind REFUSED when nothing happens any more
     */
    public static Map<String, Long> run(
            Configuration configuration,
            Stations stations,
            PreparedPipeline prepared,
            Supplier<Map<String, Long>> heartbeat,
            InstantSource clock) {
        return new Drain(configuration, stations, prepared, heartbeat, clock).run();
    }

    private Map<String, Long> run() {
        Map<String, Long> last;
        try {
            Map<String, Long> first = heartbeat.get();
            LOG.info(
                    "draining {}",
                    first.entrySet().stream()
                            .map(lane -> "lane " + lane.getKey() + " up to sequence " + lane.getValue())
                            .collect(Collectors.joining(", ")));
            PartStarter starter = new PartStarter(configuration, stations, prepared, parts, ending, lanes, clock);
            starter.sinks();
            starter.topologies();
            await(first, false);
            last = heartbeat.get();
            await(last, true);
        } catch (RuntimeException | Error e) {
            parts.closeAfter(e);
            throw e;
        }
        parts.close();
        return last;
    }

    /** @param applied whether it has to be applied too, or only decided */
    private void await(Map<String, Long> published, boolean applied) {
        try {
            while (true) {
                Map<String, LaneProgress> now = progress();
                List<String> missing = published.entrySet().stream()
                        .filter(lane ->
                                !isThere(now.getOrDefault(lane.getKey(), LaneProgress.NONE), lane.getValue(), applied))
                        .map(lane -> "lane " + lane.getKey() + " up to sequence " + lane.getValue() + " ("
                                + now.get(lane.getKey()) + ")")
                        .toList();
                if (missing.isEmpty()) {
                    return;
                }
                if (standstill.isReached(now)) {
                    throw standsStill(missing);
                }
                requireEveryPart();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.REFUSED, "interrupted while lanes were drained", e);
        }
    }

    private static boolean isThere(LaneProgress now, long sequence, boolean applied) {
        return now.next() > sequence && !now.hasWork() && (!applied || now.applied() >= sequence);
    }

    private void requireEveryPart() throws InterruptedException {
        boolean ended = ending.await(LOOK);
        ending.failure().ifPresent(Drain::rethrow);
        lanes.first().ifPresent(Drain::rethrow);
        if (ended) {
            throw new IllegalStateException("a sink ended while its lane was drained");
        }
    }

    private SluiceException standsStill(List<String> missing) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                "nothing has happened for " + STANDSTILL.toSeconds() + " s while pipeline " + configuration.pipeline()
                        + " was drained; expected " + String.join(", ", missing)
                        + ". Stop every other process of the pipeline, those with role streams among them, and see that Kafka and the target answer; then run it again."
                        + " Nothing is migrated.");
    }

    private static void rethrow(RuntimeException failure) {
        throw failure;
    }

    /** How far a lane is: the topology's next sequence and what waits, the sink's applied one. */
    private record LaneProgress(long next, boolean hasWork, long pending, long applied) {
        private static final LaneProgress NONE = new LaneProgress(0, false, 0, 0);

        @Override
        public String toString() {
            String decided = next == 0 ? "nothing decided here yet" : "decided up to " + (next - 1);
            return decided + (hasWork ? " with rows to be released, " : ", ") + "applied up to " + applied;
        }
    }

    private Map<String, LaneProgress> progress() {
        PipelineStatus target = PipelineStatus.read(stations.target(), configuration.pipeline());
        Map<String, LaneProgress> progress = new TreeMap<>();
        for (String lane : prepared.layout().lanes()) {
            LaneStatus topology = parts.lane(lane, null).topology();
            long sequence = target.appliedSequence(lane);
            progress.put(
                    lane,
                    topology == null
                            ? new LaneProgress(0, false, 0, sequence)
                            : new LaneProgress(
                                    topology.nextSequence(),
                                    topology.hasWork(),
                                    topology.waiting() + topology.stale() + topology.held(),
                                    sequence));
        }
        return progress;
    }
}
