/** The small key-value port that decisions keep their state behind. */
@NullMarked
package dev.sluice.streams.state;

import org.jspecify.annotations.NullMarked;
