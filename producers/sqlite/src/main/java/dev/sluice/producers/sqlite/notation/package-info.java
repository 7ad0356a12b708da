/**
 * The way back of the conversions, which checks them: a package of its own that cannot see their code, so that the two cannot make the same mistake.
 */
@NullMarked
package dev.sluice.producers.sqlite.notation;

import org.jspecify.annotations.NullMarked;
