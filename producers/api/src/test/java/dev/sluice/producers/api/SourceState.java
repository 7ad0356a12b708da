package dev.sluice.producers.api;

import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The rows of all contract tables, by table and key. Mutable; a copy is cheap enough for the suite's few rows. */
final class SourceState {
    private final Map<TableId, Map<String, List<Object>>> tables;

    private SourceState(Map<TableId, Map<String, List<Object>>> tables) {
        this.tables = tables;
    }

    static SourceState empty() {
        Map<TableId, Map<String, List<Object>>> tables = new TreeMap<>();
        ContractTables.ALL.forEach(table -> tables.put(table.id(), new TreeMap<>()));
        return new SourceState(tables);
    }

    static SourceState of(SourceFixture fixture) throws Exception {
        SourceState state = empty();
        for (Table table : ContractTables.ALL) {
            for (List<Object> row : fixture.rows(table)) {
                state.rows(table).put(key(table, row), row);
            }
        }
        return state;
    }

    SourceState copy() {
        SourceState copy = empty();
        tables.forEach((table, rows) -> copy.tables.get(table).putAll(rows));
        return copy;
    }

    Map<String, List<Object>> rows(Table table) {
        return tables.get(table.id());
    }

    Collection<List<Object>> values(Table table) {
        return new ArrayList<>(rows(table).values());
    }

    SourceState apply(Collection<? extends Write> writes) {
        for (Write write : writes) {
            Map<String, List<Object>> rows = rows(write.table());
            if (write instanceof Write.Insert insert) {
                rows.put(key(write.table(), insert.row()), insert.row());
            } else if (write instanceof Write.Update update) {
                rows.put(key(write.table(), update.row()), update.row());
            } else if (write instanceof Write.Delete delete) {
                rows.remove(KeyText.of(delete.key().toArray()));
            } else if (write instanceof Write.ChangeKey change) {
                rows.remove(KeyText.of(change.key().toArray()));
                rows.put(key(write.table(), change.row()), change.row());
            } else {
                rows.clear();
            }
        }
        return this;
    }

    void apply(SourceRecord record) {
        if (!(record instanceof SourceRecord.Row row)) {
            throw new AssertionError("the source refused a good row: " + record);
        }
        Map<String, List<Object>> rows = rows(row.table());
        if (row.op() == Op.TRUNCATE) {
            rows.clear();
        } else if (row.op() == Op.DELETE) {
            rows.remove(RecordText.key(row.table(), row.before()));
        } else {
            rows.put(RecordText.key(row.table(), row.after()), java.util.Arrays.asList(row.after()));
        }
    }

    /** Whether every row here stands in {@code other} with the same values, and the tables named {@code whole} are equal. */
    boolean isPartOf(SourceState other, Set<TableId> whole) {
        for (Map.Entry<TableId, Map<String, List<Object>>> table : tables.entrySet()) {
            Map<String, List<Object>> theirs = other.tables.get(table.getKey());
            boolean fits = whole.contains(table.getKey())
                    ? theirs.equals(table.getValue())
                    : theirs.entrySet().containsAll(table.getValue().entrySet());
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SourceState that && tables.equals(that.tables);
    }

    @Override
    public int hashCode() {
        return tables.hashCode();
    }

    @Override
    public String toString() {
        return tables.toString();
    }

    private static String key(Table table, List<Object> row) {
        return RecordText.key(table, row.toArray());
    }
}
