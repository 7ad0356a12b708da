/** {@code sluice sequences}: brings the target's sequences past the rows that came with Sluice. */
@NullMarked
package dev.sluice.cli.sequences;

import org.jspecify.annotations.NullMarked;
