/** Which table and column of the source becomes which of the target. Pure; every problem at once. */
@NullMarked
package dev.sluice.cli.binding;

import org.jspecify.annotations.NullMarked;
