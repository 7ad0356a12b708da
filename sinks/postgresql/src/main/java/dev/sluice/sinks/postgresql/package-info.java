/** Applies ordered events to PostgreSQL, rows and cursor in one transaction. */
@NullMarked
package dev.sluice.sinks.postgresql;

import org.jspecify.annotations.NullMarked;
