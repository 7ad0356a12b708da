package dev.sluice.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sluice.cli.Json;
import dev.sluice.cli.deadletters.Masks;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Keys as they may be shown: values of masked columns are not. */
public final class MaskedKeys {
    static final String MASK = "***";

    private final Masks masks;
    /** Columns of primary keys, in their order. */
    private final Map<TableId, List<String>> keys;

    MaskedKeys(Masks masks, Map<TableId, List<String>> keys) {
        this.masks = masks;
        this.keys = Map.copyOf(keys);
    }

    /** With the keys that the target's tables have. */
    public static MaskedKeys read(Masks masks, TargetDatabase database, Collection<TableId> tables) {
        Set<String> schemas = tables.stream().map(TableId::schema).collect(Collectors.toSet());
        TargetCatalog catalog = TargetCatalog.read(database, schemas);
        Map<TableId, List<String>> keys = new HashMap<>();
        tables.forEach(table -> catalog.table(table)
                .ifPresent(found -> keys.put(table, found.toTable().primaryKey())));
        return new MaskedKeys(masks, keys);
    }

    /** A key that cannot be taken apart is masked as a whole, where a column of its table's key is masked, or may be. */
    public String shown(TableId table, String key) {
        Set<String> masked = masks.of(table);
        if (masked.isEmpty()) {
            return key;
        }
        List<String> columns = keys.get(table);
        if (columns == null) {
            return MASK;
        }
        if (columns.stream().noneMatch(column -> Masks.isIn(masked, column))) {
            return key;
        }
        try {
            if (Json.MAPPER.readTree(key) instanceof ArrayNode values && values.size() == columns.size()) {
                for (int i = 0; i < columns.size(); i++) {
                    if (Masks.isIn(masked, columns.get(i))) {
                        values.set(i, text());
                    }
                }
                return values.toString();
            }
        } catch (JsonProcessingException e) {
            // In the source's own spelling, or cut.
        }
        return MASK;
    }

    private static JsonNode text() {
        return Json.MAPPER.getNodeFactory().textNode(MASK);
    }
}
