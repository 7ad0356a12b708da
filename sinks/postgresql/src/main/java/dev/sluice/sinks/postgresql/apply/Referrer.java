package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.TableId;
import java.util.List;

/**
 * A foreign key and the table that has it.
 *
 * @param childKey the primary key of that table; empty where it has none
 */
record Referrer(TableId child, List<String> childKey, ForeignKey foreignKey) {}
