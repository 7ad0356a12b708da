package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import dev.sluice.streams.gate.SimulatedSource.Enforcement;
import dev.sluice.streams.testing.Rows;
import dev.sluice.streams.testing.TableBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Random tables, foreign keys and rules: up to 12 tables, single and composite keys, references onto every unique key, self-references, diamonds,
 * cycles. What PostgreSQL could never load, cycles of keys that are neither nullable nor deferrable, is left out.
 */
final class RandomCatalog {
    /** What PostgreSQL would do by itself when a referenced row leaves or changes. */
    record Actions(String onDelete, String onUpdate) {
        static final Actions NONE = new Actions("NO ACTION", "NO ACTION");
    }

    /** A unique key that can be referred to. */
    private record Target(int table, List<String> columns, List<LogicalType> types) {}

    private static final List<String> ACTIONS = List.of("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT");

    private final Random random;
    private final Enforcement enforcement;
    private final boolean rulesVary;
    private final Map<String, Actions> actions = new HashMap<>();
    private final Map<TableId, Map<String, ForeignKeyRule>> rules = new HashMap<>();
    private final Catalog catalog;

    private RandomCatalog(Random random, Enforcement enforcement) {
        this.random = random;
        this.enforcement = enforcement;
        this.rulesVary = random.nextInt(3) != 0;
        int most = random.nextInt(4) == 0 ? 12 : 5;
        int count = 1 + random.nextInt(most);
        List<TableBuilder> builders = new ArrayList<>();
        List<Target> targets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            builders.add(begin(i, targets));
        }
        List<Table> tables = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            addForeignKeys(builders.get(i), i, count, targets);
            tables.add(builders.get(i).build());
        }
        this.catalog = Catalog.of(tables);
        tables.forEach(this::drawRules);
    }

    static RandomCatalog of(Random random, Enforcement enforcement) {
        return new RandomCatalog(random, enforcement);
    }

    Catalog catalog() {
        return catalog;
    }

    ForeignKeyRules rules() {
        return ForeignKeyRules.of(rules);
    }

    /** The rule as it counts: a foreign key of a cycle of tables is never left to the source. */
    ForeignKeyRule rule(Table child, ForeignKey foreignKey) {
        ForeignKeyRule declared =
                rules.getOrDefault(child.id(), Map.of()).getOrDefault(foreignKey.name(), ForeignKeyRule.DEFAULT);
        boolean enforced =
                declared.enforcedBySource() && !ancestors(foreignKey.parent()).contains(child.id());
        return new ForeignKeyRule(enforced, declared.onOrphan());
    }

    /** Tables that a table refers to, by whatever detour, and itself. */
    private Set<TableId> ancestors(TableId of) {
        Set<TableId> found = new HashSet<>(Set.of(of));
        List<TableId> open = new ArrayList<>(found);
        while (!open.isEmpty()) {
            catalog.table(open.remove(0)).map(Table::foreignKeys).orElse(List.of()).stream()
                    .map(ForeignKey::parent)
                    .filter(found::add)
                    .forEach(open::add);
        }
        return found;
    }

    /** Tables with foreign keys that are left to the source: which of their rows are in the target need not be known. */
    Set<TableId> unremembered() {
        return catalog.tables().stream()
                .filter(t -> t.foreignKeys().stream().anyMatch(f -> rule(t, f).enforcedBySource()))
                .map(Table::id)
                .collect(Collectors.toSet());
    }

    Actions actions(ForeignKey foreignKey) {
        return actions.getOrDefault(foreignKey.name(), Actions.NONE);
    }

    boolean anyRule(Predicate<ForeignKeyRule> what) {
        return rules.values().stream().flatMap(r -> r.values().stream()).anyMatch(what);
    }

    private TableBuilder begin(int i, List<Target> targets) {
        TableBuilder table = table("t" + i).bigint("id");
        if (random.nextInt(3) == 0) {
            table.text("part").key("id", "part");
            targets.add(new Target(i, List.of("id", "part"), List.of(LogicalType.INT64, LogicalType.TEXT)));
        } else {
            table.key("id");
            targets.add(new Target(i, List.of("id"), List.of(LogicalType.INT64)));
        }
        table.text("code").unique("code").text("note");
        targets.add(new Target(i, List.of("code"), List.of(LogicalType.TEXT)));
        if (random.nextInt(4) == 0) {
            table.column("price", LogicalType.DECIMAL, "numeric").unique("price");
            targets.add(new Target(i, List.of("price"), List.of(LogicalType.DECIMAL)));
        }
        if (random.nextInt(4) == 0) {
            table.bigint("u").text("w").unique("u", "w");
            targets.add(new Target(i, List.of("u", "w"), List.of(LogicalType.INT64, LogicalType.TEXT)));
        }
        return table;
    }

    private void addForeignKeys(TableBuilder table, int i, int count, List<Target> targets) {
        int foreignKeys = random.nextInt(count > 6 ? 3 : 4);
        for (int f = 0; f < foreignKeys; f++) {
            if (random.nextInt(25) == 0) {
                table.bigint("o" + f).refers("o" + f, "outside", "id");
                continue;
            }
            boolean primary = random.nextInt(3) != 0;
            int parent = random.nextInt(random.nextInt(3) == 0 ? count : i + 1);
            List<Target> eligible = targets.stream()
                    .filter(t -> t.table() == parent
                            && (!primary || t.columns().get(0).equals("id")))
                    .toList();
            addForeignKey(table, i, f, eligible.get(random.nextInt(eligible.size())));
        }
    }

    private void addForeignKey(TableBuilder table, int i, int f, Target target) {
        boolean upward = target.table() < i;
        List<String> columns = new ArrayList<>();
        for (int c = 0; c < target.columns().size(); c++) {
            boolean number = target.types().get(c) == LogicalType.INT64;
            if (upward && number && c == 0 && random.nextInt(8) == 0) {
                columns.add("id");
                continue;
            }
            String column = "f" + f + "_" + target.columns().get(c);
            columns.add(column);
            LogicalType type = target.types().get(c);
            table.column(column, type, type == LogicalType.DECIMAL ? "numeric" : number ? "bigint" : "text");
            if (random.nextInt(3) == 0) {
                table.notNull(column);
            }
        }
        table.refers(columns, "t" + target.table(), target.columns(), random.nextInt(4) == 0);
        Table soFar = table.build();
        ForeignKey added = soFar.foreignKeys().get(soFar.foreignKeys().size() - 1);
        if (random.nextInt(5) == 0 || (!upward && Rows.isHard(soFar, added))) {
            // PostgreSQL acts at once even where it checks at commit, so a deferrable key with an action counts as one
            // that is not.
            table.deferrable();
        } else {
            String onDelete = ACTIONS.get(random.nextInt(ACTIONS.size()));
            String onUpdate = ACTIONS.get(random.nextInt(ACTIONS.size()));
            // PostgreSQL takes 2 for 2.00 when it compares keys, and acts all the same when the one becomes the other:
            // the sink's to avoid.
            boolean respelled = target.types().contains(LogicalType.DECIMAL);
            actions.put(added.name(), new Actions(onDelete, respelled ? "NO ACTION" : onUpdate));
        }
    }

    private void drawRules(Table table) {
        for (ForeignKey foreignKey : table.foreignKeys()) {
            Table parent = catalog.table(foreignKey.parent()).orElse(null);
            if (!rulesVary || parent == null || random.nextInt(3) == 0) {
                continue;
            }
            ForeignKeyRule rule = draw(table, foreignKey, parent);
            rules.computeIfAbsent(table.id(), t -> new HashMap<>()).put(foreignKey.name(), rule);
        }
    }

    private ForeignKeyRule draw(Table table, ForeignKey foreignKey, Table parent) {
        boolean primary = List.copyOf(foreignKey.parentColumns()).equals(parent.primaryKey());
        if (enforcement != Enforcement.NONE && primary && random.nextInt(3) != 0) {
            return new ForeignKeyRule(true, OnOrphan.WAIT);
        }
        OnOrphan[] all = OnOrphan.values();
        OnOrphan drawn = all[random.nextInt(all.length)];
        boolean allowed =
                switch (drawn) {
                    case WAIT, EVICT -> true;
                    case SET_NULL -> canSetNull(table, foreignKey);
                    case QUARANTINE -> enforcement == Enforcement.NONE;
                };
        return new ForeignKeyRule(false, allowed ? drawn : OnOrphan.WAIT);
    }

    private static boolean canSetNull(Table table, ForeignKey foreignKey) {
        boolean exact = foreignKey.columns().stream()
                .map(c -> table.column(c).map(Column::type).orElseThrow())
                .noneMatch(t -> t == LogicalType.DECIMAL);
        boolean own = foreignKey.columns().stream().noneMatch(c -> isInOtherKey(table, foreignKey, c));
        return exact && own && Rows.isNullable(table, foreignKey);
    }

    private static boolean isInOtherKey(Table table, ForeignKey foreignKey, String column) {
        return table.primaryKey().contains(column)
                || table.uniqueKeys().stream().map(UniqueKey::columns).anyMatch(c -> c.contains(column))
                || table.foreignKeys().stream()
                        .anyMatch(f -> !f.equals(foreignKey) && f.columns().contains(column));
    }
}
