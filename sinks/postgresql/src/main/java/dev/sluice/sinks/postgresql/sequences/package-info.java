/** The sequences that give columns of captured tables their default values: how far they are, and how they get past the rows that came with Sluice. */
@NullMarked
package dev.sluice.sinks.postgresql.sequences;

import org.jspecify.annotations.NullMarked;
