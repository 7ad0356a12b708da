/** {@code sluice dead-letters}: the events that could not become rows, and what a person does about them. */
@NullMarked
package dev.sluice.cli.deadletters;

import org.jspecify.annotations.NullMarked;
