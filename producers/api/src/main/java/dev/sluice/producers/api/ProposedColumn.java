package dev.sluice.producers.api;

import org.jspecify.annotations.Nullable;

/**
 * What {@code init} proposes for a column of the target.
 *
 * @param nativeType a PostgreSQL type, e.g. {@code timestamp with time zone}
 * @param notNull whether the target column should refuse NULL
 * @param defaultExpression in PostgreSQL's syntax; null for none
 * @param comment why, when it is not obvious from the declared type (what the stored values look like, what needs a decision); null otherwise
 */
public record ProposedColumn(
        String column,
        String nativeType,
        boolean notNull,
        @Nullable String defaultExpression,
        @Nullable String comment) {}
