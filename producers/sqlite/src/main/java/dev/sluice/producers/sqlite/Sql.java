package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import java.util.Collection;
import java.util.stream.Collectors;

/** Spells names and literals for SQLite. */
final class Sql {
    private Sql() {}

    static String name(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    /** A captured column as it can be selected: its name, or what computes it. */
    static String column(CapturedTable table, String column) {
        String computed = table.selection().computed().get(column);
        return computed == null ? name(column) : "(\n" + computed + "\n)";
    }

    static String names(Collection<String> identifiers) {
        return identifiers.stream().map(Sql::name).collect(Collectors.joining(", "));
    }

    /** For statements that cannot have parameters, or are shown before they are run. */
    static String literal(String text) {
        return '\'' + text.replace("'", "''") + '\'';
    }
}
