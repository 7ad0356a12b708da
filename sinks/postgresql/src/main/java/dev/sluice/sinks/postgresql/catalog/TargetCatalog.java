package dev.sluice.sinks.postgresql.catalog;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Ordinary and partitioned tables of some schemas, with everything that capturing them needs to know. A value; read it again to see changes. */
public final class TargetCatalog {
    private final Map<TableId, TargetTable> tables;

    private TargetCatalog(Map<TableId, TargetTable> tables) {
        this.tables = tables;
    }

    /** Reads the tables of the named schemas; a schema that is not there has no tables. */
    public static TargetCatalog read(TargetDatabase database, Collection<String> schemas) {
        List<TargetTable> read = database.inTransaction(connection -> new CatalogReader(connection, schemas).read());
        return of(read);
    }

    /** As {@link #read}, with every schema that refers to one of them. */
    public static TargetCatalog readWithReferring(TargetDatabase database, Collection<String> schemas) {
        List<TargetTable> read = database.inTransaction(
                connection -> new CatalogReader(connection, CatalogReader.withReferring(connection, schemas)).read());
        return of(read);
    }

    static TargetCatalog of(Collection<TargetTable> read) {
        Map<TableId, TargetTable> tables = new TreeMap<>();
        read.forEach(table -> tables.put(table.id(), table));
        return new TargetCatalog(tables);
    }

    /** All tables by name. */
    public Collection<TargetTable> tables() {
        return List.copyOf(tables.values());
    }

    public Optional<TargetTable> table(TableId id) {
        return Optional.ofNullable(tables.get(id));
    }
}
