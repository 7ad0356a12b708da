package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a query of the source gave.
 *
 * @param position of the tail at which it was answered
 * @param columns their names
 * @param rows each value a Boolean, Long, Double, {@link java.math.BigDecimal}, String or byte[], or null
 */
public record QueryRows(Position position, List<String> columns, List<List<@Nullable Object>> rows) {
    public QueryRows {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }
}
