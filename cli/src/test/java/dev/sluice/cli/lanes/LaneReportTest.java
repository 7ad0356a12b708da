package dev.sluice.cli.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class LaneReportTest {
    private static final LaneReport REPORT = new LaneReport(
            new StoredLayout(List.of(
                    new StoredLayout.Lane(
                            "public.a", new TreeSet<>(List.of(TableId.parse("a"), TableId.parse("b"))), 1, List.of()),
                    new StoredLayout.Lane(
                            "public.c", new TreeSet<>(List.of(TableId.parse("c"))), 70, List.of("main")))),
            new PipelineStatus(
                    Optional.empty(),
                    List.of(
                            new PipelineStatus.Lane("public.a", 42, 1, 1, null, null, "stopped", "a gap"),
                            new PipelineStatus.Lane("public.c", 69, -1, 0, null, null, null, null)),
                    List.of(),
                    List.of(),
                    null));

    @Test
    void everyLaneIsThereWithItsTablesAndHowItStands() {
        assertThat(REPORT.text().lines())
                .containsExactly(
                        "lane public.a: from sequence 1, applied 42, stopped: a gap",
                        "  public.a, public.b",
                        "lane public.c: from sequence 70, applied 69",
                        "  from main",
                        "  public.c");
    }

    @Test
    void jsonSaysTheSame() throws Exception {
        JsonNode json = new ObjectMapper().readTree(REPORT.json());
        assertThat(json.at("/lanes/0/tables/1").asText()).isEqualTo("public.b");
        assertThat(json.at("/lanes/0/message").asText()).isEqualTo("a gap");
        assertThat(json.at("/lanes/1/firstSequence").asLong()).isEqualTo(70);
        assertThat(json.at("/lanes/1/ancestors/0").asText()).isEqualTo("main");
        assertThat(json.at("/lanes/1/appliedSequence").asLong()).isEqualTo(69);
    }
}
