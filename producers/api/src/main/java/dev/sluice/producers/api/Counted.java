package dev.sluice.producers.api;

import dev.sluice.schemas.Position;

/** How many rows there were, and the position of the tail at which they were counted. */
public record Counted(Position position, long rows) {}
