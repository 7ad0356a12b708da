/** {@code sluice status}: how a pipeline stands, by the target's own account. */
@NullMarked
package dev.sluice.cli.status;

import org.jspecify.annotations.NullMarked;
