@NullMarked
package dev.sluice.sinks.postgresql.sequences;

import org.jspecify.annotations.NullMarked;
