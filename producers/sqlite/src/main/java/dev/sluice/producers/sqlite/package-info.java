/** A change source that follows a SQLite database through triggers and a log table. */
@NullMarked
package dev.sluice.producers.sqlite;

import org.jspecify.annotations.NullMarked;
