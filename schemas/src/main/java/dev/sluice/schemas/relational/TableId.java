package dev.sluice.schemas.relational;

import java.util.Comparator;

/** A table of the target, by schema and name, exactly as PostgreSQL's catalog spells them (unquoted). */
public record TableId(String schema, String name) implements Comparable<TableId> {
    private static final Comparator<TableId> ORDER =
            Comparator.comparing(TableId::schema).thenComparing(TableId::name);

    public TableId {
        if (schema.isEmpty() || name.isEmpty()) {
            throw new IllegalArgumentException("a table needs a schema and a name");
        }
    }

    /** Parses {@code schema.table}; without a dot the schema is {@code public}. */
    public static TableId parse(String text) {
        int dot = text.indexOf('.');
        return dot < 0 ? new TableId("public", text) : new TableId(text.substring(0, dot), text.substring(dot + 1));
    }

    @Override
    public int compareTo(TableId other) {
        return ORDER.compare(this, other);
    }

    /** {@code schema.table}. */
    @Override
    public String toString() {
        return schema + "." + name;
    }
}
