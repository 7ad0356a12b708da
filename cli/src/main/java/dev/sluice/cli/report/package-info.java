/** {@code sluice report}: what became of every row, for people, programs and archives. */
@NullMarked
package dev.sluice.cli.report;

import org.jspecify.annotations.NullMarked;
