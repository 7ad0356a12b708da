package dev.sluice.producers.sqlite.notation;

import dev.sluice.producers.api.Notation.Answer;

/** How SQLite writes the values of one column. */
@FunctionalInterface
interface ColumnNotation {
    /** Neither is NULL; as {@link dev.sluice.producers.api.Notation#compare} has them. */
    Answer compare(Object stored, Object value);

    static Answer same(boolean same) {
        return same ? Answer.SAME : Answer.OTHER;
    }
}
