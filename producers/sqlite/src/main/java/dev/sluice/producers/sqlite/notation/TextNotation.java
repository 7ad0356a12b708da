package dev.sluice.producers.sqlite.notation;

import static dev.sluice.producers.sqlite.notation.ColumnNotation.same;

import dev.sluice.producers.api.Notation.Answer;
import dev.sluice.schemas.relational.Column;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Text and bytes: as they are, but for the blanks that PostgreSQL adds and drops at the end. */
final class TextNotation {
    private static final String VARYING = "character varying(";

    private TextNotation() {}

    static ColumnNotation of(Column column) {
        String type = column.nativeType();
        if (type.startsWith("character(")) {
            return TextNotation::padded;
        } else if (type.startsWith(VARYING)) {
            int length = Integer.parseInt(type.substring(VARYING.length(), type.indexOf(')')));
            return (stored, value) -> limited(stored, (String) value, length);
        }
        boolean whole = type.equals("text") || type.equals("character varying") || type.equals("citext");
        return whole ? TextNotation::whole : TextNotation::named;
    }

    private static Answer whole(Object stored, Object value) {
        String text = (String) value;
        return same(stored.equals(text) || isNumber(stored, text));
    }

    /** Of a type that only PostgreSQL knows by name: a domain may pad. */
    private static Answer named(Object stored, Object value) {
        Answer answer = whole(stored, value);
        boolean blanks = answer == Answer.OTHER && padded(stored, value) == Answer.SAME;
        return blanks ? Answer.UNKNOWN : answer;
    }

    /** PostgreSQL drops the blanks that are too many. */
    private static Answer limited(Object stored, String value, int length) {
        Answer answer = whole(stored, value);
        boolean full = answer == Answer.OTHER
                && stored instanceof String text
                && text.startsWith(value)
                && value.codePointCount(0, value.length()) == length;
        return full ? same(withoutBlanks((String) stored).length() <= value.length()) : answer;
    }

    private static Answer padded(Object stored, Object value) {
        String text = withoutBlanks((String) value);
        return same(stored instanceof String other ? withoutBlanks(other).equals(text) : isNumber(stored, text));
    }

    private static String withoutBlanks(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == ' ') {
            end--;
        }
        return text.substring(0, end);
    }

    /** Types whose notation PostgreSQL may make its own: what is not the same text may still be the same value. */
    static Answer nativeText(Object stored, Object value) {
        return whole(stored, value) == Answer.SAME ? Answer.SAME : Answer.UNKNOWN;
    }

    static Answer bytes(Object stored, Object value) {
        byte[] bytes = (byte[]) value;
        if (stored instanceof byte[] array) {
            return same(Arrays.equals(array, bytes));
        }
        return same(stored instanceof String text && Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes));
    }

    /** Whether a text is how SQLite casts the number to text: it reads back as the number, and has a point, no needless digits and nothing else. */
    private static boolean isNumber(Object stored, String text) {
        if (stored instanceof Long integer) {
            return text.equals(Long.toString(integer));
        } else if (!(stored instanceof Double)) {
            return false;
        }
        double real = (Double) stored;
        if (Double.isInfinite(real)) {
            return text.equals(real > 0 ? "Inf" : "-Inf");
        }
        return isCast(text) && Double.parseDouble(text) == real;
    }

    private static boolean isCast(String text) {
        int end = text.indexOf('e');
        end = end < 0 ? text.length() : end;
        int point = text.indexOf('.');
        int start = text.startsWith("-") ? 1 : 0;
        boolean needless = end > point + 2 && text.charAt(end - 1) == '0';
        return point > start
                && point < end - 1
                && !needless
                && isDigits(text, start, point)
                && isDigits(text, point + 1, end)
                && (end == text.length() || isExponent(text, end + 1));
    }

    private static boolean isExponent(String text, int from) {
        boolean signed = from < text.length() && (text.charAt(from) == '+' || text.charAt(from) == '-');
        return signed && text.length() - from > 2 && isDigits(text, from + 1, text.length());
    }

    private static boolean isDigits(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
