/** The shared language of producers, streams and sinks. Depends on nothing of ours. */
@NullMarked
package dev.sluice.schemas;

import org.jspecify.annotations.NullMarked;
