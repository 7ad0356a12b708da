package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;

/** Texts as schema {@code sluice} can hold them. */
public final class ControlText {
    /** In the place of a key, of what concerns a table's rows altogether. */
    public static final String WHOLE_TABLE = "[]";

    private ControlText() {}

    /** The key of a change's row, or {@link #WHOLE_TABLE} of a truncate. */
    public static String key(Change change) {
        return change.op() == Op.TRUNCATE ? WHOLE_TABLE : key(KeyText.of(change.key()));
    }

    /** As {@link KeyText#stored} has it. */
    static String key(String text) {
        return KeyText.stored(text);
    }

    /** PostgreSQL's text has no NUL. */
    static String clean(String text) {
        return text.indexOf('\0') < 0 ? text : text.replace("\0", "\\u0000");
    }
}
