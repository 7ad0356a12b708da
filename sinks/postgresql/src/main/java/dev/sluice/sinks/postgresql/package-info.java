/**
 * Applies one lane of ordered events to PostgreSQL, exactly once. Start reading at {@link dev.sluice.sinks.postgresql.Sink}. {@code database} lends
 * connections, {@code catalog} knows the target's tables, {@code control} keeps schema {@code sluice}, {@code ordered} reads the topic in batches,
 * {@code apply} plans and writes them.
 */
@NullMarked
package dev.sluice.sinks.postgresql;

import org.jspecify.annotations.NullMarked;
