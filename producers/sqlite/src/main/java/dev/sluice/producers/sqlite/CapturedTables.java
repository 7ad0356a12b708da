package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The tables that a source captures, and how their rows are converted. */
final class CapturedTables {
    private final Map<TableId, CapturedTable> byId = new HashMap<>();
    private final Map<TableId, RowConverter> converters = new HashMap<>();
    private final List<CapturedTable> parentsFirst;

    CapturedTables(List<CapturedTable> tables, RealTimestamps realTimestamps) {
        for (CapturedTable table : tables) {
            byId.put(table.target().id(), table);
            converters.put(table.target().id(), new RowConverter(table, realTimestamps));
        }
        this.parentsFirst = Catalog.of(
                        tables.stream().map(CapturedTable::target).toList())
                .parentsFirst()
                .stream()
                .map(table -> get(table.id()))
                .toList();
    }

    List<CapturedTable> parentsFirst() {
        return parentsFirst;
    }

    CapturedTable get(TableId table) {
        CapturedTable captured = byId.get(table);
        if (captured == null) {
            throw new IllegalArgumentException("table " + table + " is not captured");
        }
        return captured;
    }

    RowConverter converter(TableId table) {
        return Objects.requireNonNull(converters.get(get(table).target().id()));
    }
}
