/** The shared language of all modules: relational model, change events, positions and their Avro form. */
@NullMarked
package dev.sluice.schemas;

import org.jspecify.annotations.NullMarked;
