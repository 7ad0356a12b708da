/** The schema registry as Sluice needs it, with the real Confluent client behind it. */
@NullMarked
package dev.sluice.schemas.registry;

import org.jspecify.annotations.NullMarked;
