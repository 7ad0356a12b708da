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
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets the lanes of a pipeline run dry whose publisher is stopped: everything that is published is decided and applied. */
public final class Drain {
    private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
    private static final Duration LOOK = Duration.ofMillis(100);

    private final Configuration configuration;
    private final Stations stations;
    private final PreparedPipeline prepared;
    private final InstantSource clock;
    private final Parts parts = new Parts();
    private final Ending ending = new Ending();
    private final LaneEndings lanes;

    private Drain(Configuration configuration, Stations stations, PreparedPipeline prepared, InstantSource clock) {
        this.configuration = configuration;
        this.stations = stations;
        this.prepared = prepared;
        this.clock = clock;
        this.lanes = new LaneEndings(prepared.layout().lanes(), ending);
    }

    /**
     * Whoever calls it holds the lease of the publisher and of the sink.
     *
     * @param published by lane, the newest sequence
     * @throws SluiceException when a lane stops by itself
     */
    public static void run(
            Configuration configuration,
            Stations stations,
            PreparedPipeline prepared,
            Map<String, Long> published,
            InstantSource clock) {
        new Drain(configuration, stations, prepared, clock).run(published);
    }

    private void run(Map<String, Long> published) {
        LOG.info(
                "draining {}",
                published.entrySet().stream()
                        .map(lane -> "lane " + lane.getKey() + " up to sequence " + lane.getValue())
                        .collect(Collectors.joining(", ")));
        try {
            PartStarter starter = new PartStarter(configuration, stations, prepared, parts, ending, lanes, clock);
            starter.sinks();
            starter.topologies();
            await(published);
        } catch (RuntimeException | Error e) {
            parts.closeAfter(e);
            throw e;
        }
        parts.close();
    }

    private void await(Map<String, Long> published) {
        try {
            while (!isDrained(published)) {
                boolean ended = ending.await(LOOK);
                ending.failure().ifPresent(Drain::rethrow);
                lanes.first().ifPresent(Drain::rethrow);
                if (ended) {
                    throw new IllegalStateException("a sink ended while its lane was drained");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.REFUSED, "interrupted while lanes were drained", e);
        }
    }

    private static void rethrow(RuntimeException failure) {
        throw failure;
    }

    private boolean isDrained(Map<String, Long> published) {
        PipelineStatus target = PipelineStatus.read(stations.target(), configuration.pipeline());
        return published.entrySet().stream().allMatch(lane -> isDrained(lane.getKey(), lane.getValue(), target));
    }

    private boolean isDrained(String lane, long published, PipelineStatus target) {
        if (published < prepared.firstSequence(lane)) {
            return true;
        }
        LaneStatus topology = parts.lane(lane, null).topology();
        return topology != null
                && topology.nextSequence() > published
                && !topology.hasWork()
                && target.lanes().stream().anyMatch(l -> l.name().equals(lane) && l.sequence() >= published);
    }
}
