package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.TableInfo.Index;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An order in which every row of a table has a place of its own, so that it can be read in chunks: the captured key where an index enforces it, else the primary
 * key, else the rowid. Where such a key can hold NULL, which SQLite never counts as equal, the rowid follows it.
 */
record ScanOrder(List<Term> terms) {
    /** What every SQLite library knows; another collation exists only inside the application. */
    private static final Set<String> KNOWN_COLLATIONS = Set.of("BINARY", "NOCASE", "RTRIM");

    /**
     * A column of the order.
     *
     * @param collation empty for the rowid, which has none
     */
    record Term(String column, String collation) {
        String sql() {
            return Sql.name(column) + (collation.isEmpty() ? "" : " COLLATE " + Sql.name(collation));
        }
    }

    ScanOrder {
        terms = List.copyOf(terms);
    }

    static ScanOrder of(TableInfo table, List<String> key) {
        for (List<String> candidate : List.of(key, table.primaryKey())) {
            if (table.isRowidKey(candidate)) {
                return new ScanOrder(List.of(new Term(candidate.get(0), "")));
            }
            Index index = table.indexOver(candidate).orElse(null);
            if (index != null && !candidate.isEmpty() && isReadable(index)) {
                return over(table, index);
            }
        }
        return new ScanOrder(List.of(rowid(table)));
    }

    /** Whether the order can change under a reader that was interrupted: VACUUM renumbers rowids that are not a column. */
    boolean isVolatile(TableInfo table) {
        return terms.size() == 1 && table.column(terms.get(0).column()).isEmpty();
    }

    private static ScanOrder over(TableInfo table, Index index) {
        List<Term> terms = new ArrayList<>();
        index.columns().forEach(column -> terms.add(new Term(column.column(), column.collation())));
        boolean nulls = index.names().stream().anyMatch(column -> !table.isNotNull(column));
        if (nulls && table.withoutRowid()) {
            table.indexOver(table.primaryKey())
                    .ifPresent(primary -> primary.columns()
                            .forEach(column -> terms.add(new Term(column.column(), column.collation()))));
        } else if (nulls) {
            terms.add(rowid(table));
        }
        return new ScanOrder(terms);
    }

    private static Term rowid(TableInfo table) {
        String name = table.rowidName()
                .orElseThrow(
                        () -> SluiceException.of(
                                ErrorKind.SOURCE,
                                "table " + table.name()
                                        + " has neither a usable unique index nor a name for its rowid; give it a primary key"));
        return new Term(name, "");
    }

    private static boolean isReadable(Index index) {
        return index.columns().stream().allMatch(column -> KNOWN_COLLATIONS.contains(column.collation()));
    }

    /**
     * The condition of the rows that agree with a cursor in the first {@code depth} terms and lie behind it in the next. NULL comes first, as SQLite sorts. From
     * the deepest to 0, these are all rows behind the cursor, in order. An index answers each of them.
     */
    String behind(@Nullable Object[] cursor, int depth) {
        StringBuilder condition = new StringBuilder();
        for (int i = 0; i < depth; i++) {
            String term = terms.get(i).sql();
            condition.append(term).append(cursor[i] == null ? " IS NULL" : " = " + StoredValue.placeholder(cursor[i]));
            condition.append(" AND ");
        }
        String term = terms.get(depth).sql();
        return condition
                .append(term)
                .append(cursor[depth] == null ? " IS NOT NULL" : " > " + StoredValue.placeholder(cursor[depth]))
                .toString();
    }

    /** What to bind for {@link #behind}. */
    List<@Nullable Object> parameters(@Nullable Object[] cursor, int depth) {
        List<@Nullable Object> parameters = new ArrayList<>();
        for (int i = 0; i <= depth; i++) {
            if (cursor[i] != null) {
                parameters.add(cursor[i]);
            }
        }
        return parameters;
    }

    String orderBy(int fromTerm) {
        return terms.subList(fromTerm, terms.size()).stream().map(Term::sql).collect(Collectors.joining(", "));
    }
}
