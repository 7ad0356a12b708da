package dev.sluice.cli.binding;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.util.List;
import java.util.Optional;

/**
 * Whether a reference can be taken back by NULL and be written again later. The gate writes it from what it remembers, which is the canonical form of the
 * referenced key.
 */
record NullableReference(Catalog catalog, Table table, ForeignKey key) {
    Optional<String> objection() {
        List<String> nullable =
                key.columns().stream().filter(c -> column(table, c).nullable()).toList();
        if (nullable.isEmpty()) {
            return Optional.of("none of its columns " + key.columns() + " may be NULL");
        }
        if (key.matchFull() && nullable.size() < key.columns().size()) {
            return Optional.of("it is MATCH FULL, and not all of its columns " + key.columns() + " may be NULL");
        }
        for (String column : nullable) {
            Optional<String> other = otherKey(column);
            if (other.isPresent()) {
                return Optional.of("column " + column + " is also part of " + other.get());
            }
            Optional<String> type = ambiguousType(column);
            if (type.isPresent()) {
                return Optional.of("column " + column + " is compared as " + type.get()
                        + ", where equal values may be written differently");
            }
        }
        return Optional.empty();
    }

    private Optional<String> otherKey(String column) {
        if (table.primaryKey().contains(column)) {
            return Optional.of("the primary key");
        }
        return table.uniqueKeys().stream()
                .filter(k -> k.columns().contains(column))
                .map(k -> "unique key " + k.name())
                .findFirst()
                .or(() -> table.foreignKeys().stream()
                        .filter(k -> !k.name().equals(key.name()) && k.columns().contains(column))
                        .map(k -> "foreign key " + k.name())
                        .findFirst());
    }

    private Optional<String> ambiguousType(String name) {
        Column own = column(table, name);
        Optional<Column> referenced = catalog.table(key.parent())
                .map(parent ->
                        column(parent, key.parentColumns().get(key.columns().indexOf(name))));
        return referenced
                .filter(NullableReference::isAmbiguous)
                .or(() -> Optional.of(own).filter(NullableReference::isAmbiguous))
                .map(Column::nativeType);
    }

    private static boolean isAmbiguous(Column column) {
        String type = column.nativeType();
        boolean padded = (type.equals("character") || type.startsWith("character(") || type.equals("bpchar"));
        return column.type() == LogicalType.DECIMAL || type.endsWith("citext") || padded;
    }

    private static Column column(Table table, String name) {
        return table.column(name).orElseThrow();
    }
}
