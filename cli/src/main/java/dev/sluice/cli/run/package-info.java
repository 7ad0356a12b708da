/** {@code sluice run}: a whole pipeline in one process, and what people see of it. */
@NullMarked
package dev.sluice.cli.run;

import org.jspecify.annotations.NullMarked;
