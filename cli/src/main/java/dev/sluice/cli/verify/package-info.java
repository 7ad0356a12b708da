/** {@code sluice verify}: compares every row of source and target. */
@NullMarked
package dev.sluice.cli.verify;

import org.jspecify.annotations.NullMarked;
