/** What commands ask of a pipeline's producer, and what it says to that. */
@NullMarked
package dev.sluice.cli.signals;

import org.jspecify.annotations.NullMarked;
