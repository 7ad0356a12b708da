@NullMarked
package dev.sluice.sinks.postgresql.database;

import org.jspecify.annotations.NullMarked;
