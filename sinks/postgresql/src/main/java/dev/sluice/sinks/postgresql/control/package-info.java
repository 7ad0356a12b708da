/** Schema {@code sluice} in the target: what a pipeline keeps there, how it comes in and out, who may run, and how it stands. */
@NullMarked
package dev.sluice.sinks.postgresql.control;

import org.jspecify.annotations.NullMarked;
