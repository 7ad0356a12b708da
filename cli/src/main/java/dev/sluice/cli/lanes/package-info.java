/** {@code sluice lanes}: which lanes there are, and how others come about. */
@NullMarked
package dev.sluice.cli.lanes;

import org.jspecify.annotations.NullMarked;
