package dev.sluice.cli.deadletters;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.TableSettings;
import dev.sluice.schemas.relational.TableId;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Columns whose values are not shown: {@code tables.<table>.columns.<column>.masked}. */
record Masks(Configuration configuration) {
    /** By the names that they have in the source, and in the target; to be compared without regard to case, as they are bound. */
    Set<String> of(TableId table) {
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
}
