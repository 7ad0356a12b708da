package dev.sluice.cli.prepare;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.PipelineIdFile;
import dev.sluice.cli.stations.Stations;
import dev.sluice.producers.api.ProgressStore;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.PipelineRow;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.util.Optional;
import java.util.Set;

/** Asks every place what it knows about the pipeline. Writes nothing. */
final class Places {
    private static final int LOOKS = 4;
    private static final long BETWEEN_LOOKS_MILLIS = 250;

    private final Configuration configuration;
    private final SourceConnector source;
    private final Stations stations;

    Places(Configuration configuration, SourceConnector source, Stations stations) {
        this.configuration = configuration;
        this.source = source;
        this.stations = stations;
    }

    /**
     * Beside a process that runs, one place may be seen before and another after its next commit: only what does not change is refused.
     *
     * @throws SluiceException kind {@code REFUSED} when the places do not belong together
     */
    Optional<String> pipelineId() {
        for (int look = 1; look < LOOKS; look++) {
            try {
                return look();
            } catch (SluiceException e) {
                if (e.kind() != ErrorKind.REFUSED) {
                    throw e;
                }
                pause(e);
            }
        }
        return look();
    }

    private static void pause(SluiceException refusal) {
        try {
            Thread.sleep(BETWEEN_LOOKS_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw refusal;
        }
    }

    private Optional<String> look() {
        PipelineStatus target = PipelineStatus.read(stations.target(), configuration.pipeline());
        Optional<ProducerProgress> progress = ProgressStore.read(stations.kafka(), configuration.pipeline());
        Optional<StoredLayout> stored = new LaneRegistry(stations.target(), configuration.pipeline()).read();
        Optional<String> capture = source.pipelineId(configuration.pipeline());
        Optional<String> id = Optional.empty();
        for (String lane : lanes(stored, progress)) {
            long first = stored.flatMap(layout -> layout.lane(lane))
                    .map(StoredLayout.Lane::firstSequence)
                    .orElse(1L);
            id = new Incarnation(
                            PipelineIdFile.in(stations.directory()).read(),
                            target.pipeline().map(PipelineRow::pipelineId),
                            capture,
                            progress.map(ProducerProgress::pipelineId),
                            given(target.appliedSequence(lane), first),
                            given(published(progress, lane), first),
                            ProgressStore.hasEvents(stations.kafka(), configuration.pipeline(), lane))
                    .id();
        }
        return id;
    }

    /** The target's, because a migration changes them there first. */
    private static Set<String> lanes(Optional<StoredLayout> stored, Optional<ProducerProgress> progress) {
        return stored.map(layout -> layout.layout().lanes())
                .or(() -> progress.map(p -> p.lanes().keySet()))
                .filter(lanes -> !lanes.isEmpty())
                .orElse(Set.of(LaneLayout.MAIN));
    }

    private static long published(Optional<ProducerProgress> progress, String lane) {
        return progress.map(p -> p.nextSequence().getOrDefault(lane, 1L) - 1).orElse(0L);
    }

    /** A lane that stands where it was put when it was made has given nothing. */
    private static long given(long newest, long first) {
        return newest >= first ? newest : 0;
    }
}
