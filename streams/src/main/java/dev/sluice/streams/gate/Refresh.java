package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.TableId;

/**
 * A row that had left the target and may come back: the source has to give it again.
 *
 * @param key its {@link dev.sluice.schemas.event.KeyText}
 */
public record Refresh(TableId table, String key) {}
