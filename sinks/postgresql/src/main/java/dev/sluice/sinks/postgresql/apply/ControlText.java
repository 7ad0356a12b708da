package dev.sluice.sinks.postgresql.apply;

import com.google.common.hash.Hashing;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import java.nio.charset.StandardCharsets;

/** Texts as schema {@code sluice} can hold them. */
public final class ControlText {
    /** An index entry of PostgreSQL holds some 2,700 bytes; a character takes up to four, and table and pipeline stand beside it. */
    private static final int LONGEST_KEY = 500;

    private static final int KEPT = 400;

    /** In the place of a key, of what concerns a table's rows altogether. */
    public static final String WHOLE_TABLE = "[]";

    private ControlText() {}

    /** The key of a change's row, or {@link #WHOLE_TABLE} of a truncate. */
    public static String key(Change change) {
        return change.op() == Op.TRUNCATE ? WHOLE_TABLE : key(KeyText.of(change.key()));
    }

    /** A key, shortened to its beginning and a digest where no index could hold it. The same key always gives the same text. */
    static String key(String text) {
        String clean = clean(text);
        if (clean.length() <= LONGEST_KEY) {
            return clean;
        }
        return clean.substring(0, KEPT) + "…sha256:" + Hashing.sha256().hashString(clean, StandardCharsets.UTF_8);
    }

    /** PostgreSQL's text has no NUL. */
    static String clean(String text) {
        return text.indexOf('\0') < 0 ? text : text.replace("\0", "\\u0000");
    }
}
