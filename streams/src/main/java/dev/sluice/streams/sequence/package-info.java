/** The order of a lane: gap-free, nothing twice, nothing skipped. */
@NullMarked
package dev.sluice.streams.sequence;

import org.jspecify.annotations.NullMarked;
