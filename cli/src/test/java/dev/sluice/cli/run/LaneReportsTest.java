package dev.sluice.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LaneReportsTest {
    private static final String PIPELINE = "shop";

    @Test
    void aStoppedLaneIsToldAgainWhenAnotherProcessSaysThatItRuns() {
        TargetSettings settings = TargetSettings.of(LocalPostgres.temporary().createDatabase());
        try (TargetDatabase target = TargetDatabase.open(settings, PIPELINE, InstantSource.system())) {
            new TargetPreparation(target, PIPELINE, InstantSource.system())
                    .prepare(PreparationRequest.of("id", "sqlite", Catalog.of(List.of())), false);
            LaneReports reports = new LaneReports(new LaneRegistry(target, PIPELINE));
            Map<String, RuntimeException> stopped = Map.of("main", new IllegalStateException("no order"));
            assertThat(reports.send(Map.of(), read(target))).isFalse();
            assertThat(reports.send(stopped, read(target))).isTrue();
            assertThat(reports.send(stopped, read(target))).as("it is known").isFalse();
            new LaneReports(new LaneRegistry(target, PIPELINE)).running("main");
            assertThat(reports.send(stopped, read(target))).isTrue();
            assertThat(read(target).lanes()).singleElement().satisfies(lane -> {
                assertThat(lane.state()).isEqualTo("stopped");
                assertThat(lane.message()).isEqualTo("no order");
            });
        }
    }

    private static PipelineStatus read(TargetDatabase target) {
        return PipelineStatus.read(target, PIPELINE);
    }
}
