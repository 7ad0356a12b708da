/** {@code sluice topology}: what the topology is made of. */
@NullMarked
package dev.sluice.cli.topology;

import org.jspecify.annotations.NullMarked;
