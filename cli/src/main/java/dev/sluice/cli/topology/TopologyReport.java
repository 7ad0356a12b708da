package dev.sluice.cli.topology;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.PublishMode;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.LaneDescription;
import dev.sluice.streams.LaneSettings;
import dev.sluice.streams.LaneTopology;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.stream.Collectors;

/** A pipeline's topology for people. */
final class TopologyReport {
    private final String pipeline;
    private final boolean perTable;
    private final LaneLayout layout;

    TopologyReport(Configuration configuration, LaneLayout layout) {
        this(configuration.pipeline(), configuration.publish() == PublishMode.PER_TABLE, layout);
    }

    TopologyReport(String pipeline, boolean perTable, LaneLayout layout) {
        this.pipeline = pipeline;
        this.perTable = perTable;
        this.layout = layout;
    }

    String text() {
        StringBuilder text = new StringBuilder();
        layout.members().forEach((lane, tables) -> lane(text, lane, tables));
        return text.toString();
    }

    private void lane(StringBuilder text, String lane, SortedSet<TableId> tables) {
        LaneSettings settings = settings(lane);
        Topics topics = new Topics(pipeline);
        line(text, "lane", lane);
        line(text, "  tables", tables.stream().map(TableId::toString).collect(Collectors.joining(", ")));
        line(text, "  reads", topics.changes(lane));
        line(text, "  writes", topics.ordered(lane) + ", " + topics.signals());
        if (perTable) {
            line(text, "  copies to", tables.stream().map(topics::table).collect(Collectors.joining(", ")));
        }
        line(text, "  group", settings.applicationId());
        line(text, "  state", String.join(", ", settings.internalTopics()));
        LaneTopology.describe(settings)
                .text()
                .lines()
                .filter(line -> !line.isBlank())
                .forEach(line -> text.append("  ").append(line.stripTrailing()).append('\n'));
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(name).append(": ").append(value).append('\n');
    }

    /** For Graphviz. */
    String dot() {
        List<LaneDescription> lanes = layout.lanes().stream()
                .map(lane -> LaneTopology.describe(settings(lane)))
                .toList();
        return LaneDescription.dot(lanes);
    }

    /** Nothing is connected, so that most of it does not matter. */
    private LaneSettings settings(String lane) {
        return LaneSettings.of(pipeline, "any", lane, 1, Path.of("."), Map.of()).withPublishPerTable(perTable);
    }
}
