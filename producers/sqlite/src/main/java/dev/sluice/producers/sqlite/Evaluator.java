package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Selection;
import dev.sluice.producers.sqlite.RowExpressions.MemoryColumn;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A SQLite database in memory that evaluates what a {@link Selection} says about rows. It has the encoding of the source's database, in which text is compared byte by byte.
 * The source's own file is not asked: rows of its log have lost their columns' types, and a condition inside the triggers could make the application's writes fail.
 */
final class Evaluator implements AutoCloseable {
    /** The key of a table's only row. */
    static final String ROW = "_sluice_n";

    static final String FILTER_FAILED = "filter-failed";
    static final String COMPUTED_FAILED = "computed-failed";

    /** Comments, and what stands in quotes. */
    private static final Pattern COMMENTS =
            Pattern.compile("--[^\\n]*|/\\*.*?(?:\\*/|$)|('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")", Pattern.DOTALL);

    private static final Pattern DATES = Pattern.compile(
            "\\b(?:date|time|datetime|julianday|unixepoch|strftime|timediff)\\s*\\(", Pattern.CASE_INSENSITIVE);
    private static final Pattern NOW =
            Pattern.compile("['\"]\\s*(?:now|localtime|utc)\\s*['\"]", Pattern.CASE_INSENSITIVE);
    /** Without a time these mean now. */
    private static final Pattern NO_TIME = Pattern.compile(
            "\\b(?:date|time|datetime|julianday|unixepoch)\\s*\\(\\s*\\)|\\bstrftime\\s*\\(\\s*'[^']*'\\s*\\)",
            Pattern.CASE_INSENSITIVE);

    private static final Set<String> ROWID_NAMES = Set.of("rowid", "_rowid_", "oid");

    private final Connection memory;
    private int tables;

    private Evaluator(Connection memory) {
        this.memory = memory;
    }

    /** For the database that a session reads. */
    static Evaluator of(Session source) throws SQLException {
        String encoding = Objects.requireNonNull(source.text("PRAGMA encoding"));
        Connection memory = DriverManager.getConnection("jdbc:sqlite::memory:");
        run(memory, "PRAGMA encoding = " + Sql.literal(encoding));
        return new Evaluator(memory);
    }

    /**
     * What a table's {@link Selection} says, ready to be asked.
     *
     * @param source inside a read of the same schema that {@code info} has
     * @throws SluiceException kind {@code CONFIGURATION} for what cannot be followed
     */
    RowSelection selection(Session source, CapturedTable table, TableInfo info) throws SQLException {
        Selection selection = table.selection();
        if (selection.isAll()) {
            return RowSelection.all(table);
        }
        List<MemoryColumn> columns = columns(source, info);
        RowExpressions filter = null;
        if (selection.where() != null) {
            Check check = new Check(source, table.sourceName(), "where", columns);
            filter = check.expressions(
                    FILTER_FAILED, List.of(selection.where()), List.of(filter(selection.where())), null);
        }
        RowExpressions computed = null;
        if (!selection.computed().isEmpty()) {
            Map<String, String> expressions = selection.computed();
            String key = "computed." + String.join(", computed.", expressions.keySet());
            Check check = new Check(source, table.sourceName(), key, columns);
            List<String> texts = List.copyOf(expressions.values());
            List<String> generated =
                    texts.stream().map(text -> "(\n" + text + "\n)").toList();
            computed = check.expressions(COMPUTED_FAILED, texts, generated, table.identity());
        }
        return new RowSelection(table, info, filter, computed);
    }

    private static String filter(String where) {
        return "CASE WHEN (\n" + where + "\n) THEN 1 ELSE 0 END";
    }

    /** The affinity is what a column's type means, so that is all that the memory gets to know of it. */
    private static List<MemoryColumn> columns(Session source, TableInfo info) throws SQLException {
        boolean strict = info.remarks().contains("STRICT");
        List<MemoryColumn> columns = new ArrayList<>();
        for (TableInfo.Column column : info.columns()) {
            String type = Affinity.typeOf(column.declaredType(), strict);
            columns.add(new MemoryColumn(column.name(), type, collation(source, info.name(), column.name())));
        }
        return columns;
    }

    /** SQLite says nowhere how a column compares, but a UNION compares by its first part's column. One that only the application knows is left to whoever uses it. */
    private static String collation(Session source, String table, String column) throws SQLException {
        String union = "(SELECT count(*) FROM (SELECT " + Sql.name(column) + " FROM " + Sql.name(table)
                + " WHERE 0 UNION SELECT 'a' UNION SELECT ";
        try {
            Long found = source.number("SELECT " + union + "'A')) * 10 + " + union + "'a '))");
            return Objects.requireNonNull(found) == 12 ? "NOCASE" : found == 21 ? "RTRIM" : "BINARY";
        } catch (SQLException e) {
            if (Session.isCircumstance(e)) {
                throw e;
            }
            return "BINARY";
        }
    }

    static void run(Connection memory, String sql) throws SQLException {
        try (Statement statement = memory.createStatement()) {
            statement.execute(sql);
        }
    }

    /** SQLite's message as far as it cannot repeat a value. */
    static String withoutValues(SQLException e) {
        return String.valueOf(e.getMessage()).replaceAll("(?s)['\"].*", "…");
    }

    @Override
    public void close() {
        try {
            memory.close();
        } catch (SQLException e) {
            throw SluiceException.of(ErrorKind.SOURCE, "SQLite in memory cannot be closed: " + e.getMessage(), e);
        }
    }

    /** Looks at the expressions of one key of the configuration before they are used. */
    private final class Check {
        private final Session source;
        private final String table;
        private final String key;
        private final List<MemoryColumn> columns;

        Check(Session source, String table, String key, List<MemoryColumn> columns) {
            this.source = source;
            this.table = table;
            this.key = key;
            this.columns = columns;
        }

        /**
         * @param texts as they are configured
         * @param generated the same as they stand in the memory's table
         * @param allowed the only columns that they may name; null for all
         */
        RowExpressions expressions(
                String reason, List<String> texts, List<String> generated, @Nullable List<String> allowed)
                throws SQLException {
            for (String text : texts) {
                requireOneExpression(text);
                requireTimeless(text);
            }
            try {
                Set<String> named = named(generated);
                requireAllowed(named, allowed);
                List<MemoryColumn> used = columns.stream()
                        .filter(column -> named.contains(column.name()))
                        .toList();
                RowExpressions made = new RowExpressions(memory, nextTable(), reason, used, generated);
                requireSteady(made);
                return made;
            } catch (SQLException e) {
                throw refused(String.valueOf(e.getMessage()), e);
            }
        }

        private String nextTable() {
            tables++;
            return "_sluice_t" + tables;
        }

        private void requireOneExpression(String text) throws SQLException {
            try {
                new Condition(table, text).require(source);
            } catch (SluiceException e) {
                throw e.kind() == ErrorKind.CONFIGURATION ? refused(String.valueOf(e.getMessage()), e) : e;
            }
        }

        /** SQLite finds out only when it evaluates, which it may not do for every row; the source's own reads would never refuse it. */
        private void requireTimeless(String text) {
            String code = COMMENTS.matcher(text).replaceAll("$1");
            boolean now = DATES.matcher(code).find() && NOW.matcher(code).find();
            if (now || NO_TIME.matcher(code).find()) {
                throw refused("it depends on the present time, or on a time zone");
            }
        }

        /** Columns that the expressions name: when a column is renamed, SQLite renames it in them too. Text in double quotes that is no column becomes text in single ones. */
        private Set<String> named(List<String> generated) throws SQLException {
            String probe = nextTable();
            String create = RowExpressions.createTable(probe, columns, generated);
            run(memory, create);
            Set<String> named = new LinkedHashSet<>();
            List<String> renamed = new ArrayList<>();
            for (MemoryColumn column : columns) {
                // SQLite does not rename these, so they are taken for named.
                if (ROWID_NAMES.contains(column.name().toLowerCase(Locale.ROOT))) {
                    named.add(column.name());
                    renamed.add(column.name());
                } else {
                    String name = "_sluice_c" + renamed.size() + "_";
                    run(memory, "ALTER TABLE " + probe + " RENAME COLUMN " + Sql.name(column.name()) + " TO " + name);
                    renamed.add(name);
                }
            }
            String after = definition(probe);
            for (int i = 0; i < columns.size(); i++) {
                String name = renamed.get(i);
                if (after.indexOf(name) != after.lastIndexOf(name)) {
                    named.add(columns.get(i).name());
                }
            }
            run(memory, "DROP TABLE " + probe);
            if (quotes(after) > quotes(create)) {
                throw refused("a name in double quotes is no column of the table, so SQLite takes it for a text");
            }
            return named;
        }

        private String definition(String probe) throws SQLException {
            try (Statement statement = memory.createStatement();
                    var rows = statement.executeQuery("SELECT sql FROM sqlite_master WHERE name = '" + probe + "'")) {
                rows.next();
                return rows.getString(1);
            }
        }

        private long quotes(String sql) {
            return sql.chars().filter(c -> c == '\'').count();
        }

        private void requireAllowed(Set<String> named, @Nullable List<String> allowed) {
            List<String> others = allowed == null
                    ? List.of()
                    : named.stream().filter(name -> !allowed.contains(name)).toList();
            if (!others.isEmpty()) {
                throw refused("it names " + String.join(", ", others) + ", but a computed column may only name "
                        + String.join(", ", Objects.requireNonNull(allowed))
                        + ", of which the key consists: of a deleted row nothing else is known");
            }
        }

        /** A look at a row of NULLs shows what is not always the same, wherever SQLite did not see it before. */
        private void requireSteady(RowExpressions made) {
            try {
                made.evaluate(new @Nullable Object[made.columns().size()]);
            } catch (Refusal e) {
                if (e.text().contains("non-deterministic")) {
                    throw refused(e.text());
                }
            }
        }

        /** Without the expression itself, which may hold values that are nobody else's business. */
        private SluiceException refused(String why, Exception cause) {
            return SluiceException.of(ErrorKind.CONFIGURATION, message(why), cause);
        }

        private SluiceException refused(String why) {
            return SluiceException.of(ErrorKind.CONFIGURATION, message(why));
        }

        private String message(String why) {
            return "tables." + table + "." + key + " cannot be followed: " + why
                    + "; expected was SQL of SQLite over columns of one row, without the table's name, without subqueries, and always the same for the same row";
        }
    }
}
