package dev.sluice.producers.sqlite;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A column's default in PostgreSQL's syntax, where both sides surely mean the same.
 *
 * @param comment when there is one that is not carried over; null otherwise
 */
record Defaults(@Nullable String expression, @Nullable String comment) {
    private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9]+(\\.[0-9]+)?");
    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]+");
    private static final Pattern STRING = Pattern.compile("'(?:[^'\\\\\\x00]|'')*'");
    private static final Set<String> INTEGERS = Set.of("integer", "bigint");

    static Defaults of(@Nullable String sqlite, String nativeType) {
        String expression = sqlite == null ? "null" : stripped(sqlite);
        if (expression.equalsIgnoreCase("null")) {
            return new Defaults(null, null);
        }
        String translated = translate(expression, nativeType);
        return translated == null
                ? new Defaults(null, "default " + sqlite + " is not carried over")
                : new Defaults(translated, null);
    }

    private static String stripped(String expression) {
        String stripped = expression.strip();
        while (stripped.startsWith("(") && stripped.endsWith(")") && stripped.indexOf(')') == stripped.length() - 1) {
            stripped = stripped.substring(1, stripped.length() - 1).strip();
        }
        return stripped;
    }

    private static @Nullable String translate(String expression, String nativeType) {
        String lower = expression.toLowerCase(Locale.ROOT);
        boolean text = nativeType.equals(TypeChoice.TEXT) || nativeType.startsWith("character varying");
        if (nativeType.equals("boolean")) {
            return switch (lower) {
                case "1", "true", "'1'", "'true'" -> "true";
                case "0", "false", "'0'", "'false'" -> "false";
                default -> null;
            };
        } else if (nativeType.equals(TypeChoice.TIMESTAMPTZ) && isNow(lower)) {
            return "CURRENT_TIMESTAMP";
        } else if (INTEGERS.contains(nativeType) && INTEGER.matcher(expression).matches()) {
            return expression;
        } else if ((nativeType.startsWith("numeric") || nativeType.equals("double precision"))
                && NUMBER.matcher(expression).matches()) {
            return expression;
        } else if (text && STRING.matcher(expression).matches()) {
            return expression;
        } else if (nativeType.equals("jsonb") && STRING.matcher(expression).matches() && isJson(expression)) {
            return expression;
        }
        return null;
    }

    private static boolean isNow(String lower) {
        return lower.equals("current_timestamp") || lower.replace(" ", "").equals("datetime('now')");
    }

    private static boolean isJson(String literal) {
        try {
            new JsonDocuments(true)
                    .convert(literal.substring(1, literal.length() - 1).replace("''", "'"));
            return true;
        } catch (Refusal e) {
            return false;
        }
    }
}
