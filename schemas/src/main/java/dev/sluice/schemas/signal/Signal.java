package dev.sluice.schemas.signal;

import dev.sluice.schemas.relational.TableId;
import java.util.List;

/**
 * A request to the producer. Its answer is a control event that carries its {@code id}, behind everything that was asked for.
 *
 * @param id names the request in its answer; the asker makes it unique
 * @param tables of a refresh: the one table that the keys belong to; a drain is about every table and names none
 * @param keys of a refresh, at least one: each a {@link dev.sluice.schemas.event.KeyText}; of a drain none
 * @param by who asks, for people
 */
public record Signal(String id, Type type, List<TableId> tables, List<String> keys, String by) {
    /** Ids are copied into control events and messages; the name of a lane fits into one. */
    private static final int MAX_ID_CHARS = 1_000;

    /** What is asked for. */
    public enum Type {
        /** Read these keys again: a present row comes as an upsert, an absent one as a delete, then {@code REFRESHED}. */
        REFRESH,
        /** Say {@code DRAIN} in every lane when everything that the source holds at present is published. */
        DRAIN
    }

    public Signal {
        tables = List.copyOf(tables);
        keys = List.copyOf(keys);
        require(!id.isBlank() && id.length() <= MAX_ID_CHARS, "needs an id of 1 to " + MAX_ID_CHARS + " characters");
        if (type == Type.REFRESH) {
            require(tables.size() == 1, "of type refresh names one table, not " + tables.size());
            require(!keys.isEmpty(), "of type refresh names at least one key");
        } else {
            require(tables.isEmpty() && keys.isEmpty(), "of type drain names neither tables nor keys");
        }
    }

    public static Signal refresh(String id, TableId table, List<String> keys, String by) {
        return new Signal(id, Type.REFRESH, List.of(table), keys, by);
    }

    public static Signal drain(String id, String by) {
        return new Signal(id, Type.DRAIN, List.of(), List.of(), by);
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalArgumentException("a signal " + problem);
        }
    }
}
