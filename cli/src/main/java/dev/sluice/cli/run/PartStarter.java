package dev.sluice.cli.run;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.PreparedPipeline;
import dev.sluice.cli.stations.Stations;
import dev.sluice.producers.api.Publisher;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.Sink;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.streams.LaneRunner;
import java.time.InstantSource;

/** Starts the parts of a prepared pipeline, one sink and one topology per lane. */
final class PartStarter {
    private final Configuration configuration;
    private final Stations stations;
    private final PreparedPipeline prepared;
    private final PartSettings settings;
    private final Parts parts;
    private final Ending ending;
    private final LaneEndings lanes;
    private final InstantSource clock;

    PartStarter(
            Configuration configuration,
            Stations stations,
            PreparedPipeline prepared,
            Parts parts,
            Ending ending,
            LaneEndings lanes,
            InstantSource clock) {
        this.configuration = configuration;
        this.stations = stations;
        this.prepared = prepared;
        this.settings = new PartSettings(configuration, stations, prepared);
        this.parts = parts;
        this.ending = ending;
        this.lanes = lanes;
        this.clock = clock;
    }

    void sinks() {
        SinkRefreshes refreshes = parts.opened(new SinkRefreshes(configuration.pipeline(), stations.kafka()));
        for (String lane : prepared.layout().lanes()) {
            Sink sink = Sink.create(
                    settings.sink(lane),
                    stations.target(),
                    catalog(lane),
                    stations.registry(),
                    stations.kafka(),
                    clock,
                    FaultPoints.NONE,
                    refreshes);
            parts.startSink(lane, sink, ending, lanes);
        }
    }

    void topologies() {
        for (String lane : prepared.layout().lanes()) {
            parts.startTopology(
                    lane,
                    LaneRunner.start(
                            settings.topology(lane),
                            catalog(lane),
                            prepared.rules(),
                            stations.registry(),
                            failure -> lanes.failed(lane, failure)));
        }
    }

    void publisher(SourceConnector source) {
        Publisher publisher = Publisher.create(
                settings.publisher(),
                source.source(prepared.tables(), configuration.pipeline(), prepared.pipelineId()),
                stations.registry(),
                stations.kafka(),
                clock);
        parts.startPublisher(publisher, ending);
    }

    private Catalog catalog(String lane) {
        return prepared.layout().catalogOf(lane, prepared.catalog());
    }
}
