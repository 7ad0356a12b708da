/** Compares source and target without writing to either, and asks for repair through signals. */
@NullMarked
package dev.sluice.verification;

import org.jspecify.annotations.NullMarked;
