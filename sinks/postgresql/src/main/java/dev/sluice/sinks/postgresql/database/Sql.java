package dev.sluice.sinks.postgresql.database;

import dev.sluice.schemas.relational.TableId;
import java.util.Collection;
import java.util.stream.Collectors;

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

    /** An expression as PostgreSQL prints it, for a statement with parameters: its own question marks are none. */
    public static String literally(String expression) {
        StringBuilder escaped = new StringBuilder(expression.length());
        char within = 0;
        for (int i = 0; i < expression.length(); i++) {
            char c = expression.charAt(i);
            if (c == within) {
                within = 0;
            } else if (within == 0 && (c == '\'' || c == '"')) {
                within = c;
            }
            escaped.append(c == '?' && within == 0 ? "??" : c);
        }
        return escaped.toString();
    }

    /** A text literal, for the few statements of DDL that cannot bind. */
    public static String literal(String text) {
        String escaped = text.replace("'", "''");
        return text.indexOf('\\') < 0 ? "'" + escaped + "'" : "E'" + escaped.replace("\\", "\\\\") + "'";
    }
}
