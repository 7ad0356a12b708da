package dev.sluice.cli.verify;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.signals.ControlEvents;
import dev.sluice.cli.signals.Liveness;
import dev.sluice.cli.signals.SignalTopic;
import dev.sluice.cli.stations.Role;
import dev.sluice.cli.stations.RunningLog;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Opens the way to a running pipeline, where there is one. One that lives in part, or cannot be reached, is neither: a comparison at rest beside it would call different what is only under way.
 */
final class Passages {
    /** A part that is started again, or was killed, is away for some ten seconds. */
    static final Duration RESTART = Duration.ofSeconds(15);

    /** A part that is taken over by another process is away for some ten seconds. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final long LOOK_MILLIS = 200;

    private final Configuration configuration;
    private final Path dataDirectory;
    private final TargetDatabase target;
    private final InstantSource clock;
    private final Duration restart;

    /** @param restart how long a part that is missing is waited for */
    Passages(
            Configuration configuration,
            Path dataDirectory,
            TargetDatabase target,
            InstantSource clock,
            Duration restart) {
        this.configuration = configuration;
        this.dataDirectory = dataDirectory;
        this.target = target;
        this.clock = clock;
        this.restart = restart;
    }

    /** Parts of the pipeline that live, by their roles. */
    private static List<String> parts(PipelineStatus status) {
        return status.instances().stream()
                .filter(instance -> instance.alive() && Role.isPart(instance.role()))
                .map(PipelineStatus.Instance::role)
                .distinct()
                .sorted()
                .toList();
    }

    /** @throws SluiceException of kind REFUSED where nothing of the pipeline lives */
    static void requireSomePart(String pipeline, PipelineStatus status) {
        if (parts(status).isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "pipeline " + pipeline
                            + " does not run, and only it repairs. Start it with: sluice run, then run this again meanwhile");
        }
    }

    /** Whether a pipeline that stood still has done something since, or can at any time. */
    static boolean hasRun(PipelineStatus before, PipelineStatus now) {
        return !parts(now).isEmpty()
                || now.lanes().stream().anyMatch(lane -> before.appliedSequence(lane.name()) != lane.sequence());
    }

    /**
     * @param laneOf the lanes of the tables that will be asked about
     * @param notices told when the pipeline stops, is paused, or does not move
     * @return empty where nothing of a pipeline lives
     * @throws SluiceException of kind REFUSED where one lives in part, or cannot be reached
     */
    Optional<RunningPassage> open(Map<TableId, String> laneOf, Consumer<String> notices) {
        Instant end = clock.instant().plus(restart);
        boolean said = false;
        while (true) {
            List<String> parts = parts(PipelineStatus.read(target, configuration.pipeline()));
            if (parts.isEmpty()) {
                return Optional.empty();
            }
            try {
                requireBoth(parts);
                return Optional.of(openNow(laneOf, notices));
            } catch (SluiceException e) {
                if (e.kind() != ErrorKind.REFUSED || !clock.instant().isBefore(end)) {
                    throw e;
                }
            }
            if (!said) {
                said = true;
                notices.accept("only a part of the pipeline can be reached; waiting for the others");
            }
            pause();
        }
    }

    private void requireBoth(List<String> parts) {
        List<String> missing = Role.SINGLE.stream()
                .map(Role::text)
                .filter(role -> !parts.contains(role))
                .sorted()
                .toList();
        if (!missing.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "of pipeline " + configuration.pipeline() + " runs " + parts + ", but no " + missing
                            + ", so that nothing could be told of what is under way. Start that too (sluice run), or stop the pipeline and compare at rest");
        }
    }

    private RunningPassage openNow(Map<TableId, String> laneOf, Consumer<String> notices) {
        Map<String, Object> kafka;
        SchemaRegistry registry;
        try {
            kafka = RunningLog.kafka(configuration, dataDirectory);
            registry = RunningLog.registry(configuration, dataDirectory);
        } catch (SluiceException e) {
            if (e.kind() != ErrorKind.REFUSED) {
                throw e;
            }
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "pipeline " + configuration.pipeline() + " runs, but not with data directory " + dataDirectory
                            + ", so that its own broker cannot be asked. Give the directory it was started with: --data-dir; or stop the pipeline and compare at rest",
                    e);
        }
        return passage(kafka, registry, laneOf, notices);
    }

    private RunningPassage passage(
            Map<String, Object> kafka, SchemaRegistry registry, Map<TableId, String> laneOf, Consumer<String> notices) {
        String pipeline = configuration.pipeline();
        SignalTopic signals = SignalTopic.of(pipeline, kafka);
        try {
            return new RunningPassage(
                    pipeline,
                    target,
                    signals,
                    ControlEvents.fromNow(pipeline, Set.copyOf(laneOf.values()), registry, kafka),
                    laneOf,
                    new Liveness(
                            pipeline,
                            configuration.kafka().embedded(),
                            Role.SINGLE,
                            "the comparison",
                            Optional.of(PATIENCE),
                            clock,
                            notices),
                    clock,
                    notices);
        } catch (RuntimeException e) {
            signals.close();
            throw e;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.REFUSED, "interrupted while the pipeline was waited for", e);
        }
    }
}
