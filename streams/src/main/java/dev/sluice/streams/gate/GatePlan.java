package dev.sluice.streams.gate;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which tables, keys and foreign keys are gated: the foreign keys between tables of the catalog, the tables at their ends. Numbers follow from names, so
 * the same catalog always gives the same plan; {@link #fingerprint} tells whether a state was made under it.
 */
public final class GatePlan {
    private final Map<TableId, GatedTable> tables;
    private final List<KeySpec> specs;
    private final List<Edge> edges;
    private final List<GatedTable> byOrdinal;
    private final boolean evicts;

    private GatePlan(Map<TableId, GatedTable> tables, List<KeySpec> specs, List<Edge> edges) {
        this.tables = tables;
        this.specs = specs;
        this.edges = edges;
        this.byOrdinal = tables.values().stream()
                .sorted(Comparator.comparing(GatedTable::ordinal))
                .toList();
        this.evicts = edges.stream().anyMatch(edge -> edge.onOrphan() == OnOrphan.EVICT);
    }

    /** @throws SluiceException when a foreign key pairs columns whose values do not compare */
    public static GatePlan of(Catalog catalog) {
        return of(catalog, ForeignKeyRules.NONE);
    }

    /**
     * As above.
     *
     * @param rules what is special about foreign keys
     */
    public static GatePlan of(Catalog catalog, ForeignKeyRules rules) {
        return new Builder(catalog, rules).build();
    }

    /** Whether the gate looks at a column of a table; everything else can be left undecoded. */
    public boolean needs(TableId table, String column) {
        GatedTable gated = tables.get(table);
        return gated != null
                && (gated.primary().columns().contains(column)
                        || gated.otherKeys().stream().anyMatch(k -> k.columns().contains(column))
                        || gated.edges().stream().anyMatch(e -> e.columns().contains(column)));
    }

    /** One line per foreign key and key. */
    public String fingerprint() {
        Stream<String> foreignKeys = edges.stream().map(e -> "foreign key " + e);
        Stream<String> keys = specs.stream().map(s -> "key " + s);
        return Stream.concat(foreignKeys, keys).collect(Collectors.joining("\n"));
    }

    /** The first line of a fingerprint that another one does not have. */
    public static String firstOnlyIn(String fingerprint, String other) {
        List<String> known = other.lines().toList();
        return fingerprint
                .lines()
                .filter(line -> !known.contains(line))
                .findFirst()
                .orElse("nothing more");
    }

    @Nullable
    GatedTable table(TableId id) {
        return tables.get(id);
    }

    KeySpec spec(int id) {
        return specs.get(id);
    }

    KeySpec specOf(byte[] image) {
        return specs.get(KeySpec.idOf(image));
    }

    GatedTable tableOf(byte[] image) {
        GatedTable table = tables.get(specOf(image).table().id());
        if (table == null) {
            throw new IllegalStateException("a key of a table that is not gated");
        }
        return table;
    }

    /** The table that a foreign key belongs to. */
    GatedTable tableOf(Edge edge) {
        GatedTable table = tables.get(edge.child());
        if (table == null) {
            throw new IllegalStateException("a foreign key of a table that is not gated");
        }
        return table;
    }

    /** The ranks that tables have. */
    Set<Integer> ranks() {
        return tables.values().stream().map(GatedTable::rank).collect(Collectors.toSet());
    }

    /** In the order of their numbers. */
    List<GatedTable> tables() {
        return byOrdinal;
    }

    /** Tables are numbered from 0. */
    int tableCount() {
        return tables.size();
    }

    List<Edge> edges() {
        return edges;
    }

    /** Whether rows may have been taken out of the target that come back when they are read again. */
    boolean evicts() {
        return evicts;
    }

    /** The table with a number. */
    GatedTable tableAt(int ordinal) {
        return byOrdinal.get(ordinal);
    }

    private static final class Builder {
        private final Catalog catalog;
        private final ForeignKeyRules rules;
        private final TableGraph graph;
        private final List<KeySpec> specs = new ArrayList<>();
        private final List<Edge> edges = new ArrayList<>();
        private final Map<TableId, List<KeySpec>> specsOf = new HashMap<>();

        private Builder(Catalog catalog, ForeignKeyRules rules) {
            this.catalog = catalog;
            this.rules = rules;
            this.graph = TableGraph.of(catalog);
        }

        private GatePlan build() {
            List<Table> gated = gatedTables();
            for (int i = 0; i < gated.size(); i++) {
                addSpecs(gated.get(i), i);
            }
            gated.forEach(this::addEdges);
            Map<TableId, GatedTable> tables = new HashMap<>();
            for (int i = 0; i < gated.size(); i++) {
                tables.put(gated.get(i).id(), gatedTable(i, gated.get(i)));
            }
            return new GatePlan(Map.copyOf(tables), List.copyOf(specs), List.copyOf(edges));
        }

        private List<Table> gatedTables() {
            Set<TableId> ends = new HashSet<>();
            for (Table table : catalog.tables()) {
                for (ForeignKey foreignKey : gatedKeys(table)) {
                    ends.add(table.id());
                    ends.add(foreignKey.parent());
                }
            }
            return catalog.tables().stream().filter(t -> ends.contains(t.id())).toList();
        }

        private List<ForeignKey> gatedKeys(Table table) {
            return table.foreignKeys().stream()
                    .filter(f -> catalog.table(f.parent())
                            .map(p -> isCaptured(table, f, p))
                            .orElse(false))
                    .toList();
        }

        /** A key over columns that do not travel keeps its default in the target; one that travels in part cannot be judged. */
        private static boolean isCaptured(Table child, ForeignKey foreignKey, Table parent) {
            List<String> missing = new ArrayList<>(foreignKey.columns());
            missing.removeIf(c -> child.indexOf(c) >= 0);
            if (missing.size() == foreignKey.columns().size()) {
                return false;
            }
            requireCaptured(child, foreignKey, missing);
            requireCaptured(
                    parent,
                    foreignKey,
                    foreignKey.parentColumns().stream()
                            .filter(c -> parent.indexOf(c) < 0)
                            .toList());
            return true;
        }

        private static void requireCaptured(Table table, ForeignKey foreignKey, List<String> missing) {
            if (!missing.isEmpty()) {
                throw SluiceException.of(
                        ErrorKind.CONFIGURATION,
                        "foreign key " + foreignKey.name() + " needs columns " + missing + " of " + table.id()
                                + ", which are not captured; capture them, or leave out the table that refers to them");
            }
        }

        private void addSpecs(Table table, int ordinal) {
            Set<List<String>> others = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
            List<String> primary = table.primaryKey().stream().sorted().toList();
            for (Table child : catalog.tables()) {
                for (ForeignKey foreignKey : gatedKeys(child)) {
                    if (foreignKey.parent().equals(table.id())) {
                        others.add(foreignKey.parentColumns().stream().sorted().toList());
                    }
                }
            }
            // Not referred to, but a row that is held or stale still occupies its values.
            for (UniqueKey unique : table.uniqueKeys()) {
                if (unique.columns().stream().allMatch(c -> table.indexOf(c) >= 0)) {
                    others.add(unique.columns().stream().sorted().toList());
                }
            }
            others.remove(primary);
            specsOf.put(table.id(), new ArrayList<>());
            addSpec(table, ordinal, primary);
            others.forEach(columns -> addSpec(table, ordinal, columns));
        }

        private void addSpec(Table table, int ordinal, List<String> columns) {
            KeySpec spec = new KeySpec(specs.size(), table, ordinal, columns);
            specs.add(spec);
            specsOf.getOrDefault(table.id(), List.of()).add(spec);
        }

        private void addEdges(Table child) {
            for (ForeignKey foreignKey : gatedKeys(child)) {
                Set<String> referenced = Set.copyOf(foreignKey.parentColumns());
                KeySpec parent = specsOf.getOrDefault(foreignKey.parent(), List.of()).stream()
                        .filter(s -> s.isOver(referenced))
                        .findFirst()
                        .orElseThrow();
                List<String> columns = parent.columns().stream()
                        .map(c -> foreignKey
                                .columns()
                                .get(foreignKey.parentColumns().indexOf(c)))
                        .toList();
                Edge edge = edge(child, foreignKey, parent, columns);
                requireComparable(child, edge);
                EdgeRules.require(child, edge);
                edges.add(edge);
            }
        }

        private Edge edge(Table child, ForeignKey foreignKey, KeySpec parent, List<String> columns) {
            List<String> nullable = columns.stream()
                    .filter(c -> child.column(c).orElseThrow().nullable())
                    .filter(c -> !child.primaryKey().contains(c))
                    .toList();
            boolean mayBeNull = foreignKey.matchFull() ? nullable.size() == columns.size() : !nullable.isEmpty();
            ForeignKeyRule rule = rules.of(child.id(), foreignKey);
            boolean light = rule.enforcedBySource()
                    && parent.isPrimary()
                    && !mayBeEvicted(parent.table())
                    && !graph.inOneCycle(child.id(), foreignKey.parent());
            return new Edge(
                    edges.size(),
                    child.id(),
                    foreignKey,
                    parent,
                    columns,
                    nullable,
                    mayBeNull || foreignKey.deferrable(),
                    light,
                    light ? OnOrphan.WAIT : rule.onOrphan());
        }

        /** A row whose referrers are not known must not leave but for the source's own delete. */
        private boolean mayBeEvicted(Table table) {
            return gatedKeys(table).stream()
                    .anyMatch(f -> rules.of(table.id(), f).onOrphan() == OnOrphan.EVICT);
        }

        private GatedTable gatedTable(int ordinal, Table table) {
            List<KeySpec> own = specsOf.getOrDefault(table.id(), List.of());
            List<Edge> refers =
                    edges.stream().filter(e -> e.child().equals(table.id())).toList();
            List<Edge> referrers = edges.stream()
                    .filter(e -> e.parent().table().id().equals(table.id()))
                    .toList();
            boolean tracked =
                    own.size() > 1 || !referrers.isEmpty() || refers.stream().anyMatch(e -> !e.light());
            return new GatedTable(
                    ordinal,
                    graph.rank(table.id()),
                    table,
                    own.get(0),
                    List.copyOf(own.subList(1, own.size())),
                    refers,
                    referrers,
                    tracked,
                    graph.inOneCycle(table.id()));
        }

        private static void requireComparable(Table child, Edge edge) {
            Table parent = edge.parent().table();
            int[] own = child.indexesOf(edge.columns());
            int[] referenced = parent.indexesOf(edge.parent().columns());
            IntStream.range(0, own.length).forEach(i -> {
                Column column = child.columns().get(own[i]);
                Column target = parent.columns().get(referenced[i]);
                if (!KeyKind.of(target).accepts(target, column)) {
                    throw SluiceException.of(
                            ErrorKind.CONFIGURATION,
                            "foreign key " + edge.foreignKey().name() + " pairs column " + column.name() + " "
                                    + column.nativeType() + " of "
                                    + child.id() + " with column " + target.name() + " " + target.nativeType() + " of "
                                    + parent.id()
                                    + ": values of these types are not compared before PostgreSQL sees them; give both columns one type");
                }
            });
        }
    }
}
