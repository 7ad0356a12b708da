package dev.sluice.cli.prepare;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.PipelineIdFile;
import dev.sluice.cli.stations.Stations;
import dev.sluice.producers.api.ProgressStore;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.sinks.postgresql.control.PipelineRow;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.util.Optional;

/** Asks every place what it knows about the pipeline. Writes nothing. */
final class Places {
    private final Configuration configuration;
    private final SourceConnector source;
    private final Stations stations;

    Places(Configuration configuration, SourceConnector source, Stations stations) {
        this.configuration = configuration;
        this.source = source;
        this.stations = stations;
    }

    Incarnation incarnation() {
        PipelineStatus target = PipelineStatus.read(stations.target(), configuration.pipeline());
        Optional<ProducerProgress> progress = ProgressStore.read(stations.kafka(), configuration.pipeline());
        return new Incarnation(
                PipelineIdFile.in(stations.directory()).read(),
                target.pipeline().map(PipelineRow::pipelineId),
                source.pipelineId(configuration.pipeline()),
                progress.map(ProducerProgress::pipelineId),
                applied(target),
                progress.map(p -> p.nextSequence().getOrDefault(Topics.MAIN_LANE, 1L) - 1)
                        .orElse(0L),
                ProgressStore.hasEvents(stations.kafka(), configuration.pipeline(), Topics.MAIN_LANE));
    }

    /** A cursor that stands where {@code prepare} put it has applied nothing. */
    private static long applied(PipelineStatus target) {
        long first = target.pipeline().map(PipelineRow::firstSequence).orElse(1L);
        long cursor = target.lanes().stream()
                .mapToLong(PipelineStatus.Lane::sequence)
                .max()
                .orElse(0);
        return cursor >= first ? cursor : 0;
    }
}
