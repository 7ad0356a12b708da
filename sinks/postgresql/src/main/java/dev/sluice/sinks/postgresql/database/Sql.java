package dev.sluice.sinks.postgresql.database;

import dev.sluice.schemas.relational.TableId;
import java.util.Collection;
import java.util.stream.Collectors;
import org.postgresql.core.Parser;

/** Spelling of identifiers; values are always bound. */
public final class Sql {
    /** Column that the sink adds to captured tables: the sequence under which the row's version stands in {@code ordered}. */
    public static final String SEQUENCE_COLUMN = "_sluice_seq";

    private Sql() {}

    public static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    public static String quote(TableId table) {
        return quote(table.schema()) + "." + quote(table.name());
    }

    /** Quoted names, separated by commas. */
    public static String quoteAll(Collection<String> identifiers) {
        return identifiers.stream().map(Sql::quote).collect(Collectors.joining(", "));
    }

    /** SQL that Sluice did not write, for a statement with parameters: its own question marks are none. Reads it as the driver does. */
    public static String literally(String expression) {
        char[] sql = chars(expression);
        StringBuilder escaped = new StringBuilder(sql.length);
        for (int i = 0; i < sql.length; i++) {
            int end = Math.min(endOfQuoted(sql, i), sql.length - 1);
            escaped.append(sql, i, end - i + 1);
            if (end == i && sql[i] == '?') {
                escaped.append('?');
            }
            i = end;
        }
        return escaped.substring(1);
    }

    /** Behind a blank, because the driver does not see that E'…' begins where a text does. */
    private static char[] chars(String expression) {
        return (' ' + expression).toCharArray();
    }

    /** Whether SQL that Sluice did not write has a place for a value, as {@code $1}. */
    public static boolean hasParameter(String expression) {
        char[] sql = chars(expression);
        for (int i = 1; i < sql.length - 1; i++) {
            int end = endOfQuoted(sql, i);
            boolean dollar = end == i && sql[i] == '$' && Character.isDigit(sql[i + 1]);
            if (dollar && !Parser.isIdentifierContChar(sql[i - 1])) {
                return true;
            }
            i = end;
        }
        return false;
    }

    /** The last character of what is quoted, or a comment; the same where nothing of the kind begins. */
    private static int endOfQuoted(char[] sql, int begin) {
        return switch (sql[begin]) {
            case '\'' -> Parser.parseSingleQuotes(sql, begin, true);
            case '"' -> Parser.parseDoubleQuotes(sql, begin);
            case '$' -> Parser.parseDollarQuotes(sql, begin);
            case '-' -> Parser.parseLineComment(sql, begin);
            case '/' -> Parser.parseBlockComment(sql, begin);
            default -> begin;
        };
    }

    /** A text literal, for the few statements of DDL that cannot bind. */
    public static String literal(String text) {
        String escaped = text.replace("'", "''");
        return text.indexOf('\\') < 0 ? "'" + escaped + "'" : "E'" + escaped.replace("\\", "\\\\") + "'";
    }
}
