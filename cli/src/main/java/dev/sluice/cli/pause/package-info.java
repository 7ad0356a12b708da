/** {@code sluice pause} and {@code sluice resume}: a pipeline that leaves its target alone for a while. */
@NullMarked
package dev.sluice.cli.pause;

import org.jspecify.annotations.NullMarked;
