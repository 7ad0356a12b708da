package dev.sluice.cli.deadletters;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.cli.Json;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.TableSettings;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Content;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Columns whose values are not shown: {@code tables.<table>.columns.<column>.masked}. */
public record Masks(Configuration configuration) {
    /** In the place of a value that is not shown. */
    private static final String MASKED = "(masked)";

    /** By the names that they have in the source, and in the target; to be compared without regard to case, as they are bound. */
    public Set<String> of(TableId table) {
        Set<String> masked = new HashSet<>();
        for (Map.Entry<String, TableSettings> each :
                configuration.tables().tables().entrySet()) {
            String target = each.getValue().target().orElse(each.getKey());
            if (target.equalsIgnoreCase(table.name()) || target.equalsIgnoreCase(table.toString())) {
                for (String column : each.getValue().maskedColumns()) {
                    masked.add(column);
                    masked.add(each.getValue().columnTargets().getOrDefault(column, column));
                }
            }
        }
        return masked;
    }

    /** Whether a column is among those of {@link #of}. */
    public static boolean isIn(Set<String> masked, String column) {
        return masked.stream().anyMatch(column::equalsIgnoreCase);
    }

    /** The columns of a letter's row, where its format is one that has them by name. */
    public Optional<ObjectNode> row(Content content) {
        byte[] raw = content.raw();
        JsonNode node = null;
        try {
            node = raw == null ? null : Json.MAPPER.readTree(raw);
        } catch (IOException e) {
            // What was cut is no JSON any more.
        }
        if (!(node instanceof ObjectNode row)) {
            return Optional.empty();
        }
        Set<String> masked = of(content.letter().table());
        List<String> names = new ArrayList<>();
        row.fieldNames().forEachRemaining(names::add);
        names.stream().filter(name -> isIn(masked, name)).forEach(name -> row.put(name, MASKED));
        return Optional.of(row);
    }
}
