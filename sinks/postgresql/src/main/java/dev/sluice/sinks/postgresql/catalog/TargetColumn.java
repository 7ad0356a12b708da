package dev.sluice.sinks.postgresql.catalog;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import org.jspecify.annotations.Nullable;

/**
 * A column of the target.
 *
 * @param nativeType as {@code format_type} prints it, e.g. {@code character varying(50)}
 * @param baseType the type behind it without length or precision and with domains resolved, e.g. {@code character varying}; casting to it never truncates
 * @param defaultExpression PostgreSQL's spelling; null when there is none (an identity has none)
 */
public record TargetColumn(
        String name,
        LogicalType type,
        String nativeType,
        String baseType,
        boolean nullable,
        @Nullable String defaultExpression,
        boolean generated,
        Identity identity) {
    /** Whether PostgreSQL gives the column its numbers. */
    public enum Identity {
        NONE,
        BY_DEFAULT,
        ALWAYS
    }

    public boolean hasDefault() {
        return defaultExpression != null || identity != Identity.NONE;
    }

    /** The column in the language that the modules share. */
    public Column toColumn() {
        return new Column(name, type, nativeType, nullable, hasDefault());
    }
}
