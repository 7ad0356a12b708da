/** The target's catalog: what stands in PostgreSQL, and how its types travel. */
@NullMarked
package dev.sluice.sinks.postgresql.catalog;

import org.jspecify.annotations.NullMarked;
