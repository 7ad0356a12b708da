/** {@code sluice backfill}: tables that are read from the source again while the pipeline runs. */
@NullMarked
package dev.sluice.cli.backfill;

import org.jspecify.annotations.NullMarked;
