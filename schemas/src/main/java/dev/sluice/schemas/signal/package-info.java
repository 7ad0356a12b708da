/** Requests to a pipeline's producer, as they stand in the topic {@code signals}. */
@NullMarked
package dev.sluice.schemas.signal;

import org.jspecify.annotations.NullMarked;
