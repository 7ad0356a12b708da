package dev.sluice.sinks.postgresql.replay;

import dev.sluice.schemas.relational.TableId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * In which order rows are applied: upserts parents first, then deletes children first. An upsert whose parent is to come goes into the next round, behind all upserts of this one and before the
 * deletes. Pure.
 */
final class Ranks {
    /** The rank of the row that tells whether the index is still there. */
    static final int MARK = -1;

    /** More than there are tables. */
    private static final int ROUND = 100_000;
    /** More than there are ranks in all rounds. */
    private static final int DELETES = 2_000_000_000;

    private static final int LAST_ROUND = DELETES / ROUND - 3;

    private final Map<TableId, Integer> order = new HashMap<>();

    Ranks(List<TableId> parentsFirst) {
        parentsFirst.forEach(table -> order.put(table, order.size()));
    }

    int upsert(TableId table) {
        return order.getOrDefault(table, order.size());
    }

    int delete(TableId table) {
        return DELETES - upsert(table);
    }

    /** The round of upserts that a rank is in; negative of a delete. */
    static int round(int rank) {
        return rank >= firstDelete() ? -1 : rank / ROUND;
    }

    /** The smallest rank of deletes. */
    static int firstDelete() {
        return DELETES - ROUND;
    }

    /** Whether rows of the round may be put off once more. */
    static boolean hasNext(int round) {
        return round >= 0 && round < LAST_ROUND;
    }

    /** What is added to a rank to put a row off. */
    static int step() {
        return ROUND;
    }
}
