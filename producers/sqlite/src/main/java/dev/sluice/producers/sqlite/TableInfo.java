package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.schemas.relational.UniqueKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A table as SQLite's catalog has it.
 *
 * @param primaryKey in key order; empty when there is none
 * @param rowidKey whether the primary key is the rowid itself (INTEGER PRIMARY KEY)
 * @param indexes unique indexes over plain columns, the primary key's own included
 * @param irregular unique indexes that are partial or over expressions, described
 * @param remarks what else the operator should know
 */
record TableInfo(
        String name,
        List<Column> columns,
        List<String> primaryKey,
        boolean rowidKey,
        boolean withoutRowid,
        List<Index> indexes,
        List<String> irregular,
        List<SourceTable.ForeignKey> foreignKeys,
        List<String> remarks) {
    private static final List<String> ROWID_NAMES = List.of("rowid", "_rowid_", "oid");

    /** A column; generated ones too. */
    record Column(
            String name,
            String declaredType,
            boolean notNull,
            @Nullable String defaultExpression,
            boolean generated) {}

    /** A unique index over plain columns. */
    record Index(String name, boolean ofPrimaryKey, List<Layout.Collated> columns) {
        List<String> names() {
            return columns.stream().map(Layout.Collated::column).toList();
        }
    }

    TableInfo {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
        indexes = List.copyOf(indexes);
        irregular = List.copyOf(irregular);
        foreignKeys = List.copyOf(foreignKeys);
        remarks = List.copyOf(remarks);
    }

    List<String> columnNames() {
        return columns.stream().map(Column::name).toList();
    }

    Optional<Column> column(String column) {
        return columns.stream().filter(c -> c.name().equals(column)).findFirst();
    }

    /** Columns that a capture needs of the table, and the table has not. */
    List<String> missing(CapturedTable captured) {
        return Stream.concat(captured.sourceColumns().stream(), captured.identity().stream())
                .filter(column -> !captured.selection().computed().containsKey(column))
                .filter(column -> column(column).isEmpty())
                .toList();
    }

    /** Whether SQLite itself keeps NULL out of a column. */
    boolean isNotNull(String column) {
        boolean rowid = rowidKey && primaryKey.contains(column);
        return rowid || column(column).map(Column::notNull).orElse(false);
    }

    /** Whether REPLACE puts the default where NULL was given; no trigger sees it before. */
    boolean takesDefaultForNull(String column) {
        return column(column).stream().anyMatch(c -> c.notNull() && c.defaultExpression() != null);
    }

    boolean isRowidKey(List<String> key) {
        return rowidKey && key.equals(primaryKey);
    }

    /** The unique index whose columns are exactly these, in any order. */
    Optional<Index> indexOver(List<String> key) {
        return indexes.stream()
                .filter(index ->
                        index.columns().size() == key.size() && index.names().containsAll(key))
                .findFirst();
    }

    /** Whether SQLite keeps two rows from having this key (NULLs aside). */
    boolean enforces(List<String> key) {
        return isRowidKey(key) || indexOver(key).isPresent();
    }

    /** What an operator can do about a key that nothing enforces. */
    String enforcing(List<String> key) {
        return "run CREATE UNIQUE INDEX " + Sql.name(name + "_" + String.join("_", key)) + " ON " + Sql.name(name)
                + " (" + Sql.names(key)
                + ") in the source, name `key:` columns that have such an index, or exclude the table";
    }

    /** A name under which the rowid can be read; empty when there is none. */
    Optional<String> rowidName() {
        if (withoutRowid) {
            return Optional.empty();
        }
        return ROWID_NAMES.stream()
                .filter(rowid ->
                        columns.stream().noneMatch(column -> column.name().equalsIgnoreCase(rowid)))
                .findFirst();
    }

    /** What tells a row from all others, with NULLs in its key too; empty when nothing does. */
    List<Layout.Collated> row() {
        if (rowidKey) {
            return List.of(new Layout.Collated(primaryKey.get(0), ""));
        } else if (withoutRowid) {
            return keyIndex(primaryKey);
        }
        return rowidName().map(rowid -> new Layout.Collated(rowid, "")).stream().toList();
    }

    /** The columns of the unique index that enforces a key; empty when none does. */
    List<Layout.Collated> keyIndex(List<String> key) {
        return isRowidKey(key)
                ? List.of(new Layout.Collated(key.get(0), ""))
                : indexOver(key).map(Index::columns).orElse(List.of());
    }

    /** Unique constraints over which REPLACE can remove a row that has another captured key than the new row. */
    List<List<Layout.Collated>> replaceable(List<String> capturedKey) {
        List<List<Layout.Collated>> uniques = new ArrayList<>();
        if (rowidKey && !capturedKey.equals(primaryKey)) {
            uniques.add(List.of(new Layout.Collated(primaryKey.get(0), "BINARY")));
        }
        for (Index index : indexes) {
            boolean binary = index.columns().stream()
                    .allMatch(column -> column.collation().equals("BINARY"));
            boolean isKey = index.columns().size() == capturedKey.size()
                    && index.names().containsAll(capturedKey);
            // Under another collation two spellings of the key are one row here and two in the target.
            if (!isKey || !binary) {
                uniques.add(index.columns());
            }
        }
        return uniques;
    }

    SourceTable toSourceTable(long estimatedRows) {
        List<String> notes = new ArrayList<>();
        if (primaryKey.isEmpty()) {
            notes.add("no primary key: exclude the table or name key columns");
        }
        notes.addAll(remarks);
        notes.addAll(irregular);
        List<UniqueKey> uniqueKeys = new ArrayList<>();
        for (Index index : indexes) {
            if (!index.ofPrimaryKey() && !index.names().equals(primaryKey)) {
                uniqueKeys.add(new UniqueKey(index.name(), index.names()));
            }
        }
        return new SourceTable(
                name,
                columns.stream()
                        .map(column -> new SourceTable.Column(
                                column.name(),
                                column.declaredType(),
                                !isNotNull(column.name()),
                                column.defaultExpression(),
                                column.generated()))
                        .toList(),
                primaryKey,
                uniqueKeys,
                foreignKeys,
                estimatedRows,
                String.join("; ", notes));
    }
}
