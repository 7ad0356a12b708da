/** Change events, control events and refused records, and their Avro form on the wire. */
@NullMarked
package dev.sluice.schemas.event;

import org.jspecify.annotations.NullMarked;
