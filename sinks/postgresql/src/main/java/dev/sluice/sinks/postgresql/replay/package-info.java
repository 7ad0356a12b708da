/** Applying a range of a lane's {@code ordered} topic again, while the lane is live. */
@NullMarked
package dev.sluice.sinks.postgresql.replay;

import org.jspecify.annotations.NullMarked;
