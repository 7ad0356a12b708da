package dev.sluice.schemas.relational;

import java.util.List;

/** A unique constraint or full unique index over plain columns, beside the primary key. */
public record UniqueKey(String name, List<String> columns) {
    public UniqueKey {
        columns = List.copyOf(columns);
    }
}
