package dev.sluice.cli.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineRow;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StatusReportTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private static PipelineStatus status(Instant readAt, long rows) {
        return new PipelineStatus(
                Optional.of(new PipelineRow("shop", "id-1", "sqlite", 1, 1, NOON)),
                List.of(new PipelineStatus.Lane("main", 42, 50, 1, NOON, NOON, "stopped", "the table is gone")),
                List.of(new PipelineStatus.TableStatus(
                        new TableId("public", "orders"), "loading", rows, 0, 1, 2, 3, 4, NOON, 7, 5)),
                List.of(instance("publisher", 17), instance("sink", 17)),
                readAt);
    }

    private static PipelineStatus.Instance instance(String role, long pid) {
        return new PipelineStatus.Instance(role, "x", "host", pid, NOON, true);
    }

    @Test
    void rolesThatRunApartAreNamedWithTheirProcesses() {
        PipelineStatus together = status(NOON, 1);
        PipelineStatus apart = new PipelineStatus(
                together.pipeline(),
                together.lanes(),
                together.tables(),
                List.of(instance("publisher", 17), instance("sink", 18)),
                NOON);
        assertThat(new StatusReport("shop").text(apart))
                .startsWith("pipeline shop: running, publisher in process 17 on host; sink in process 18 on host");
        PipelineStatus half = new PipelineStatus(
                together.pipeline(), together.lanes(), together.tables(), List.of(instance("sink", 18)), NOON);
        assertThat(new StatusReport("shop").text(half))
                .startsWith("pipeline shop: running, sink in process 18 on host");
    }

    @Test
    void everythingAnOperatorLooksForIsThere() {
        StatusReport report = new StatusReport("shop");
        assertThat(report.text(status(NOON.plusMillis(1500), 100)).lines())
                .containsExactly(
                        "pipeline shop: running, process 17 on host",
                        "lane main: applied sequence 42, lag 1.5 s, stopped: the table is gone",
                        "table         phase       rows read     rows/s    waiting dead letters transformed",
                        "public.orders loading           100          0          6            4           5");
        assertThat(report.text(status(NOON.plusMillis(3500), 300))).contains("        100          6            4");
    }

    @Test
    void jsonSaysTheSame() throws Exception {
        JsonNode json = new ObjectMapper().readTree(new StatusReport("shop").json(status(NOON.plusMillis(1500), 100)));
        assertThat(json.at("/running").asBoolean()).isTrue();
        assertThat(json.at("/instances/1/role").asText()).isEqualTo("sink");
        assertThat(json.at("/pipelineId").asText()).isEqualTo("id-1");
        assertThat(json.at("/lanes/0/lagSeconds").asDouble()).isEqualTo(1.5);
        assertThat(json.at("/tables/0/phase").asText()).isEqualTo("loading");
        assertThat(json.at("/tables/0/held").asLong()).isEqualTo(3);
        assertThat(json.at("/deadLetters").asLong()).isEqualTo(4);
        assertThat(json.at("/waiting").asLong()).isEqualTo(6);
        assertThat(json.at("/tables/0/transformedValues").asLong()).isEqualTo(7);
        assertThat(json.at("/tables/0/transformedRows").asLong()).isEqualTo(5);
    }

    @Test
    void aPipelineThatIsNotThereIsSaidToBe() throws Exception {
        StatusReport report = new StatusReport("shop");
        assertThat(report.text(PipelineStatus.EMPTY)).startsWith("pipeline shop: not prepared");
        assertThat(new ObjectMapper()
                        .readTree(report.json(PipelineStatus.EMPTY))
                        .at("/prepared")
                        .asBoolean(true))
                .isFalse();
    }
}
