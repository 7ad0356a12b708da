/** The connection to the target: settings, lent connections and transactions, retries, and errors in words an operator can act on. */
@NullMarked
package dev.sluice.sinks.postgresql.database;

import org.jspecify.annotations.NullMarked;
