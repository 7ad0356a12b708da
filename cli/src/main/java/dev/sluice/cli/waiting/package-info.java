/** {@code sluice waiting}: the rows in which the target deviates from the source, and what a person accepts of them. */
@NullMarked
package dev.sluice.cli.waiting;

import org.jspecify.annotations.NullMarked;
