package dev.sluice.schemas.relational;

/**
 * A column of a target table.
 *
 * @param nativeType PostgreSQL's spelling of the type as {@code format_type} prints it, e.g. {@code character varying(50)}
 * @param nullable whether PostgreSQL accepts NULL
 * @param hasDefault whether PostgreSQL has a default (identity included)
 */
public record Column(String name, LogicalType type, String nativeType, boolean nullable, boolean hasDefault) {
    public Column {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a column needs a name");
        }
    }
}
