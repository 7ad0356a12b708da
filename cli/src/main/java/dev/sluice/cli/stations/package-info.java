/** Where a pipeline's data passes: Kafka, the schema registry and the target, embedded or real, behind the same clients. */
@NullMarked
package dev.sluice.cli.stations;

import org.jspecify.annotations.NullMarked;
