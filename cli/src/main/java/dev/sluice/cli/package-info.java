/** The sluice command and the composition root. */
@NullMarked
package dev.sluice.cli;

import org.jspecify.annotations.NullMarked;
