/** {@code check}, {@code prepare} and {@code remove}: what a pipeline needs in the source, in Kafka and in the target. */
@NullMarked
package dev.sluice.cli.prepare;

import org.jspecify.annotations.NullMarked;
