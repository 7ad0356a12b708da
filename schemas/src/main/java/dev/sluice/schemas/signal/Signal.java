package dev.sluice.schemas.signal;

import dev.sluice.schemas.relational.TableId;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A request to the producer. Its answer is a control event that carries its {@code id}, behind everything that was asked for.
 *
 * @param id names the request in its answer; the asker makes it unique
 * @param tables of a refresh or a compare: the one table that the keys belong to; of a backfill: those to be read again, at least one; a drain is about every table and names none
 * @param keys of a refresh or a compare, at least one: each a {@link dev.sluice.schemas.event.KeyText}; of others none
 * @param where of a backfill: the condition of the rows to be read, in the source's own language; null for all
 * @param truncate of a backfill: whether the tables are emptied first; never together with a condition
 * @param by who asks, for people
 */
public record Signal(
        String id,
        Type type,
        List<TableId> tables,
        List<String> keys,
        @Nullable String where,
        boolean truncate,
        String by) {
    /** Ids are copied into control events and messages; the name of a lane fits into one. */
    private static final int MAX_ID_CHARS = 1_000;

    /** What is asked for. */
    public enum Type {
        /** Read these keys again: a present row comes as an upsert, an absent one as a delete, then {@code REFRESHED}. */
        REFRESH,
        /** Say in {@code COMPARE} events what stands under these keys, in order with the table's changes; nothing is written. */
        COMPARE,
        /** Say {@code DRAIN} in every lane when everything that the source holds at present is published. */
        DRAIN,
        /** Read these tables again, each from {@code SNAPSHOT_BEGIN} to {@code SNAPSHOT_END}, then say {@code REFRESHED} in every lane. */
        BACKFILL
    }

    public Signal {
        tables = List.copyOf(tables);
        keys = List.copyOf(keys);
        require(!id.isBlank() && id.length() <= MAX_ID_CHARS, "needs an id of 1 to " + MAX_ID_CHARS + " characters");
        switch (type) {
            case REFRESH, COMPARE -> {
                String kind = "of type " + type.name().toLowerCase(Locale.ROOT);
                require(tables.size() == 1, kind + " names one table, not " + tables.size());
                require(!keys.isEmpty(), kind + " names at least one key");
            }
            case DRAIN -> require(tables.isEmpty() && keys.isEmpty(), "of type drain names neither tables nor keys");
            case BACKFILL -> {
                require(!tables.isEmpty(), "of type backfill names at least one table");
                require(new HashSet<>(tables).size() == tables.size(), "of type backfill names no table twice");
                require(keys.isEmpty(), "of type backfill names no keys");
                require(where == null || !where.isBlank(), "of type backfill has a condition or none, not a blank one");
                require(where == null || !truncate, "of type backfill has a condition or truncates, not both");
            }
        }
        require(type == Type.BACKFILL || (where == null && !truncate), "with a condition or truncate is a backfill");
    }

    public static Signal refresh(String id, TableId table, List<String> keys, String by) {
        return new Signal(id, Type.REFRESH, List.of(table), keys, null, false, by);
    }

    public static Signal compare(String id, TableId table, List<String> keys, String by) {
        return new Signal(id, Type.COMPARE, List.of(table), keys, null, false, by);
    }

    public static Signal drain(String id, String by) {
        return new Signal(id, Type.DRAIN, List.of(), List.of(), null, false, by);
    }

    public static Signal backfill(
            String id, List<TableId> tables, @Nullable String where, boolean truncate, String by) {
        return new Signal(id, Type.BACKFILL, tables, List.of(), where, truncate, by);
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalArgumentException("a signal " + problem);
        }
    }
}
