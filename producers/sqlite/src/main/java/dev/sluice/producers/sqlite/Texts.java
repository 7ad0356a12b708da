package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.StoredValue.RawText;
import java.nio.charset.StandardCharsets;

/** Text and bytes. A number becomes text in the notation of SQLite's own CAST; text in a bytes column its UTF-8 bytes. */
final class Texts {
    private Texts() {}

    static String text(Object stored) throws Refusal {
        if (stored instanceof String string) {
            return withoutNul(string);
        } else if (stored instanceof Long) {
            return stored.toString();
        } else if (stored instanceof Double d) {
            return Numbers.sqliteText(d);
        } else if (stored instanceof RawText) {
            throw invalidUtf8();
        }
        throw Refusal.found("not-text", "text", stored);
    }

    /** The text, when it holds no NUL. */
    static String withoutNul(String text) throws Refusal {
        if (text.indexOf('\0') >= 0) {
            throw Refusal.other(
                    "nul-character",
                    "text without the character NUL was expected, because PostgreSQL has none; NUL was found");
        }
        return text;
    }

    static Refusal invalidUtf8() {
        return Refusal.of("invalid-utf8", "text in UTF-8 was expected, other bytes were found");
    }

    static byte[] bytes(Object stored) throws Refusal {
        if (stored instanceof byte[] array) {
            return array;
        } else if (stored instanceof String string) {
            return string.getBytes(StandardCharsets.UTF_8);
        } else if (stored instanceof RawText rawText) {
            return rawText.bytes();
        }
        throw Refusal.found("not-bytes", "a blob", stored);
    }
}
