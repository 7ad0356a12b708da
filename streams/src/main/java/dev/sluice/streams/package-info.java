/** Puts the events of a lane into an order that PostgreSQL's foreign keys accept. */
@NullMarked
package dev.sluice.streams;

import org.jspecify.annotations.NullMarked;
