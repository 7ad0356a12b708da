/** How fast a lane is, and where its time goes. Not tests. */
@NullMarked
package dev.sluice.streams.benchmark;

import org.jspecify.annotations.NullMarked;
