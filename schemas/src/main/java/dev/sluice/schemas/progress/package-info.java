/** How far a producer has come, as it stands in the compacted topic {@code producer-progress}. */
@NullMarked
package dev.sluice.schemas.progress;

import org.jspecify.annotations.NullMarked;
