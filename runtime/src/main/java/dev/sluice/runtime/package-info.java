/** What every Sluice process needs: configuration loading, error kinds, lifecycle, clock and metrics. */
@NullMarked
package dev.sluice.runtime;

import org.jspecify.annotations.NullMarked;
