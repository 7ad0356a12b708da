/** The relational model that producers, streams and sinks share: tables of the target, their keys and foreign keys. */
@NullMarked
package dev.sluice.schemas.relational;

import org.jspecify.annotations.NullMarked;
