/** Which events foreign keys accept now, which wait, and what they release. */
@NullMarked
package dev.sluice.streams.gate;

import org.jspecify.annotations.NullMarked;
