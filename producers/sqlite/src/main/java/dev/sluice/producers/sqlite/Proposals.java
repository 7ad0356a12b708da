package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.ProposedColumn;
import dev.sluice.schemas.relational.LogicalType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Proposed target columns of all tables at once, because a foreign key's columns must have the types of those they refer to. */
final class Proposals {
    private static final int SAMPLE_ROWS = 20_000;

    private final SqliteSettings settings;
    private final Map<String, TableInfo> tables;
    /** Which columns foreign keys tie together, in both directions. */
    private final Map<ColumnId, Set<ColumnId>> edges;

    private final Map<ColumnId, ColumnProfile> profiles = new HashMap<>();
    private final Map<ColumnId, TypeChoice> choices = new HashMap<>();

    private record ColumnId(String table, String column) {}

    private Proposals(SqliteSettings settings, Map<String, TableInfo> tables) {
        this.settings = settings;
        this.tables = tables;
        this.edges = edges(tables);
    }

    /** Each table is read in a transaction of its own, so that none is long. */
    static Map<String, List<ProposedColumn>> of(SqliteSettings settings, Session session) {
        Proposals proposals =
                new Proposals(settings, session.inRead(Introspection::read).tables());
        for (TableInfo table : proposals.tables.values()) {
            proposals.profile(session, table);
        }
        proposals.choose();
        Map<String, List<ProposedColumn>> proposed = new HashMap<>();
        for (TableInfo table : proposals.tables.values()) {
            proposed.put(
                    table.name(),
                    table.columns().stream()
                            .map(column -> proposals.propose(table, column))
                            .toList());
        }
        return proposed;
    }

    private void profile(Session session, TableInfo table) {
        List<String> columns = table.columnNames();
        session.inRead(s -> {
            ColumnProfile[] found = new ColumnProfile[columns.size()];
            for (int i = 0; i < found.length; i++) {
                found[i] = new ColumnProfile(settings.realTimestamps());
                profiles.put(new ColumnId(table.name(), columns.get(i)), found[i]);
            }
            Sample.read(s, table, columns, SAMPLE_ROWS, values -> {
                for (int i = 0; i < found.length; i++) {
                    found[i].add(values[i]);
                }
            });
            return true;
        });
    }

    private void choose() {
        Set<ColumnId> done = new LinkedHashSet<>();
        for (TableInfo table : tables.values()) {
            for (TableInfo.Column column : table.columns()) {
                ColumnId id = new ColumnId(table.name(), column.name());
                if (!done.contains(id)) {
                    Set<ColumnId> group = group(id);
                    choose(group);
                    done.addAll(group);
                }
            }
        }
    }

    /** All columns that foreign keys tie to this one. */
    private Set<ColumnId> group(ColumnId start) {
        Set<ColumnId> group = new LinkedHashSet<>();
        List<ColumnId> left = new ArrayList<>(List.of(start));
        while (!left.isEmpty()) {
            ColumnId next = left.remove(left.size() - 1);
            if (group.add(next)) {
                left.addAll(edges.getOrDefault(next, Set.of()));
            }
        }
        return group;
    }

    private static Map<ColumnId, Set<ColumnId>> edges(Map<String, TableInfo> tables) {
        Map<ColumnId, Set<ColumnId>> found = new HashMap<>();
        tables.values()
                .forEach(table -> table.foreignKeys().forEach(foreignKey -> {
                    for (int i = 0; i < foreignKey.columns().size(); i++) {
                        ColumnId child =
                                new ColumnId(table.name(), foreignKey.columns().get(i));
                        ColumnId parent = new ColumnId(
                                foreignKey.parentTable(),
                                foreignKey.parentColumns().get(i));
                        found.computeIfAbsent(child, id -> new LinkedHashSet<>())
                                .add(parent);
                        found.computeIfAbsent(parent, id -> new LinkedHashSet<>())
                                .add(child);
                    }
                }));
        return found;
    }

    private void choose(Set<ColumnId> group) {
        ColumnId root = group.stream()
                .filter(id -> !refers(id))
                .findFirst()
                .orElse(group.iterator().next());
        ColumnProfile all = new ColumnProfile(settings.realTimestamps());
        group.forEach(id -> all.merge(profile(id)));
        boolean rowid = group.stream().anyMatch(id -> table(id).isRowidKey(List.of(id.column)));
        TypeChoice common = rowid ? new TypeChoice(TypeChoice.BIGINT, null) : TypeChoice.of(declared(root), all);
        for (ColumnId id : group) {
            choices.put(id, group.size() == 1 ? common : tied(id, root, common));
        }
    }

    private TypeChoice tied(ColumnId id, ColumnId root, TypeChoice common) {
        TypeChoice alone = TypeChoice.of(declared(id), profile(id));
        if (common.nativeType().equals(TypeChoice.BIGINT) && !profile(id).fits(LogicalType.INT64)) {
            return new TypeChoice(
                    TypeChoice.BIGINT,
                    "as " + root.table + "." + root.column + " that it refers to; decide: rows will be refused: "
                            + profile(id).refusal(LogicalType.INT64));
        } else if (id.equals(root) || alone.nativeType().equals(common.nativeType())) {
            return common;
        }
        return new TypeChoice(
                common.nativeType(), "as " + root.table + "." + root.column + " that it is tied to by a foreign key");
    }

    private boolean refers(ColumnId id) {
        return table(id).foreignKeys().stream()
                .anyMatch(foreignKey -> foreignKey.columns().contains(id.column)
                        && !(foreignKey.parentTable().equals(id.table)
                                && foreignKey.parentColumns().contains(id.column)));
    }

    private ProposedColumn propose(TableInfo table, TableInfo.Column column) {
        ColumnId id = new ColumnId(table.name(), column.name());
        TypeChoice choice = Objects.requireNonNull(choices.get(id));
        List<String> comments = new ArrayList<>();
        if (choice.comment() != null) {
            comments.add(choice.comment());
        }
        boolean key = table.primaryKey().contains(column.name());
        boolean nulls = profile(id).hasNulls();
        boolean declaredNotNull = column.notNull() || key;
        if (declaredNotNull && nulls) {
            comments.add("decide: " + (key ? "a key" : "declared NOT NULL") + ", but NULL is stored");
        }
        if (column.generated()) {
            comments.add("generated in SQLite, a plain column in PostgreSQL");
        }
        Defaults defaults = Defaults.of(column.defaultExpression(), choice.nativeType());
        if (defaults.comment() != null) {
            comments.add(defaults.comment());
        }
        return new ProposedColumn(
                column.name(),
                choice.nativeType(),
                key || (declaredNotNull && !nulls),
                column.generated() ? null : defaults.expression(),
                comments.isEmpty() ? null : String.join("; ", comments));
    }

    private TableInfo table(ColumnId id) {
        return Objects.requireNonNull(tables.get(id.table));
    }

    private ColumnProfile profile(ColumnId id) {
        return Objects.requireNonNull(profiles.get(id));
    }

    private String declared(ColumnId id) {
        return table(id).column(id.column).orElseThrow().declaredType();
    }
}
