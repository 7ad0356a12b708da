/** {@code sluice replay}: a range of a lane is applied to the target again. */
@NullMarked
package dev.sluice.cli.replay;

import org.jspecify.annotations.NullMarked;
