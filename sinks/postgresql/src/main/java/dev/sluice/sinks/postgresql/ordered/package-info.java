/** Reading a lane's {@code ordered} topic: where to begin, density, and batches of whole source transactions. */
@NullMarked
package dev.sluice.sinks.postgresql.ordered;

import org.jspecify.annotations.NullMarked;
