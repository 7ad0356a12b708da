package dev.sluice.cli.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineRow;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.Verified;
import dev.sluice.sinks.postgresql.control.VerifiedTable;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StatusReportTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    @Test
    void theNewestComparisonsAreARollingVerdict() throws Exception {
        PipelineStatus status = status(NOON, 100);
        TableId table = status.tables().get(0).table();
        VerifiedTable clean = new VerifiedTable(table, 6, "full", 90, NOON.minusSeconds(200), true, 0, 0, 2);
        VerifiedTable unclean = new VerifiedTable(table, 7, "full", 95, NOON.minusSeconds(30), false, 3, 1, 0);
        Verified good = new Verified(List.of(clean), List.of(clean), List.of());
        Verified bad = new Verified(List.of(unclean), List.of(clean), List.of("totals"));

        assertThat(new StatusReport("shop").text(status, Verified.NOTHING)).doesNotContain("verified");
        assertThat(new StatusReport("shop").text(status, good))
                .endsWith(
                        "verified: last clean verification of every table at sequence 90, 3 minutes ago; 2 keys wait or are dead letters");
        assertThat(new StatusReport("shop").text(status, bad))
                .contains(
                        "not verified: " + table
                                + ": 3 keys differ, 1 key could not be told, found 30 s ago (comparison 7); last clean at sequence 90, 3 minutes ago")
                .endsWith("not verified: checks in SQL that did not hold: totals");
        JsonNode json = new ObjectMapper()
                .readTree(new StatusReport("shop").json(status, bad))
                .path("verified");
        assertThat(json.path("clean").booleanValue()).isFalse();
        assertThat(json.path("lastCleanSequence").intValue()).isEqualTo(90);
        assertThat(json.path("tables").get(0).path("unequal").intValue()).isEqualTo(3);
    }

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
        assertThat(new StatusReport("shop").text(apart, Verified.NOTHING))
                .startsWith("pipeline shop: running, publisher in process 17 on host; sink in process 18 on host");
        PipelineStatus half = new PipelineStatus(
                together.pipeline(), together.lanes(), together.tables(), List.of(instance("sink", 18)), NOON);
        assertThat(new StatusReport("shop").text(half, Verified.NOTHING))
                .startsWith("pipeline shop: running, sink in process 18 on host");
    }

    @Test
    void everythingAnOperatorLooksForIsThere() {
        StatusReport report = new StatusReport("shop");
        assertThat(report.text(status(NOON.plusMillis(1500), 100), Verified.NOTHING)
                        .lines())
                .containsExactly(
                        "pipeline shop: running, process 17 on host",
                        "lane main: applied sequence 42, lag 1.5 s, stopped: the table is gone",
                        "table         phase       rows read     rows/s    waiting dead letters transformed",
                        "public.orders loading           100          0          6            4           5");
        assertThat(report.text(status(NOON.plusMillis(3500), 300), Verified.NOTHING))
                .contains("        100          6            4");
    }

    @Test
    void jsonSaysTheSame() throws Exception {
        JsonNode json = new ObjectMapper()
                .readTree(new StatusReport("shop").json(status(NOON.plusMillis(1500), 100), Verified.NOTHING));
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
        assertThat(report.text(PipelineStatus.EMPTY, Verified.NOTHING)).startsWith("pipeline shop: not prepared");
        assertThat(new ObjectMapper()
                        .readTree(report.json(PipelineStatus.EMPTY, Verified.NOTHING))
                        .at("/prepared")
                        .asBoolean(true))
                .isFalse();
    }
}
