package dev.sluice.streams.testing;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Tables in a few words. Columns are nullable unless said otherwise. */
public final class TableBuilder {
    private final TableId id;
    private final List<Column> columns = new ArrayList<>();
    private final List<UniqueKey> uniqueKeys = new ArrayList<>();
    private final List<ForeignKey> foreignKeys = new ArrayList<>();
    private final Set<String> notNull = new HashSet<>();
    private List<String> primaryKey = List.of();

    private TableBuilder(String name) {
        this.id = TableId.parse(name);
    }

    public static TableBuilder table(String name) {
        return new TableBuilder(name);
    }

    public TableBuilder column(String name, LogicalType type, String nativeType) {
        columns.add(new Column(name, type, nativeType, true, false));
        return this;
    }

    public TableBuilder bigint(String name) {
        return column(name, LogicalType.INT64, "bigint");
    }

    public TableBuilder text(String name) {
        return column(name, LogicalType.TEXT, "text");
    }

    public TableBuilder key(String... names) {
        primaryKey = List.of(names);
        return this;
    }

    public TableBuilder unique(String... names) {
        uniqueKeys.add(new UniqueKey("unique_" + String.join("_", names), List.of(names)));
        return this;
    }

    public TableBuilder refers(String column, String parent, String parentColumn) {
        return refers(List.of(column), parent, List.of(parentColumn), false);
    }

    public TableBuilder refers(List<String> names, String parent, List<String> parentColumns, boolean matchFull) {
        String name = id.name() + "_" + String.join("_", names) + "_fk";
        foreignKeys.add(new ForeignKey(name, names, TableId.parse(parent), parentColumns, matchFull, false));
        return this;
    }

    /** The foreign key named last can be checked at commit. */
    public TableBuilder deferrable() {
        ForeignKey key = foreignKeys.remove(foreignKeys.size() - 1);
        foreignKeys.add(
                new ForeignKey(key.name(), key.columns(), key.parent(), key.parentColumns(), key.matchFull(), true));
        return this;
    }

    /** Beside the key's columns, which never are. */
    public TableBuilder notNull(String... names) {
        notNull.addAll(List.of(names));
        return this;
    }

    public Table build() {
        notNull.addAll(primaryKey);
        List<Column> declared = columns.stream()
                .map(c -> new Column(c.name(), c.type(), c.nativeType(), !notNull.contains(c.name()), false))
                .toList();
        return new Table(id, declared, primaryKey, uniqueKeys, foreignKeys);
    }
}
