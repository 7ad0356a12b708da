/** Measurements of a whole pipeline in one process; no tests. */
@NullMarked
package dev.sluice.cli.benchmark;

import org.jspecify.annotations.NullMarked;
