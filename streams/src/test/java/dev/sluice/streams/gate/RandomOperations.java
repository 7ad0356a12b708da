package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.UniqueKey;
import dev.sluice.streams.gate.SimulatedSource.Enforcement;
import dev.sluice.streams.gate.SourceRows.Referrer;
import dev.sluice.streams.testing.Rows;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What an application and its store do to rows: one statement each, with what the store itself makes of it. */
final class RandomOperations {
    private final Catalog catalog;
    private final Enforcement enforcement;
    private final SourceRows rows;
    private final RandomRows values;
    private final Random random;
    private boolean wroteManyAtOnce;

    RandomOperations(Catalog catalog, Enforcement enforcement, SourceRows rows, Random random) {
        this.catalog = catalog;
        this.enforcement = enforcement;
        this.rows = rows;
        this.random = random;
        this.values = new RandomRows(catalog, rows, random, enforcement == Enforcement.NONE ? 5 : 8);
    }

    /** Whether one statement wrote several rows, in an order that foreign keys may not accept. */
    boolean wroteManyAtOnce() {
        return wroteManyAtOnce;
    }

    /** One statement; nothing when the store refuses it. */
    void attempt() {
        int mark = rows.done();
        Table table = List.copyOf(catalog.tables())
                .get(random.nextInt(catalog.tables().size()));
        boolean done =
                switch (random.nextInt(24)) {
                    case 0, 1, 2, 3 -> delete(table);
                    case 4, 5 -> replace(table);
                    case 6 -> replaceByUniqueKey(table);
                    case 7, 8 -> changeKey(table);
                    case 9 -> changeUniqueKey(table);
                    case 10 -> swapUniqueValues(table);
                    case 11, 12 -> insertFamily(table);
                    case 13 -> random.nextInt(6) == 0 && truncate(table);
                    default -> rows.put(table, values.row(table));
                };
        if (!done || (enforcement == Enforcement.AT_ONCE && !rows.isConsistentSince(mark))) {
            rows.backTo(mark);
        }
        wroteManyAtOnce |= rows.done() - mark > 1;
    }

    private @Nullable Object @Nullable [] any(Table table) {
        return values.one(rows.of(table).values());
    }

    private boolean delete(Table table) {
        @Nullable Object[] row = any(table);
        if (row == null) {
            return false;
        }
        if (random.nextBoolean()) {
            rows.remove(table, row);
        } else {
            cascade(table, row, random.nextBoolean());
        }
        return true;
    }

    /** As ON DELETE CASCADE or SET NULL of the store would. */
    private void cascade(Table table, @Nullable Object[] row, boolean parentFirst) {
        List<Referrer> referrers = rows.referrers(table, row);
        if (parentFirst) {
            rows.remove(table, row);
        }
        for (Referrer referrer : referrers) {
            @Nullable Object[] now = rows.of(referrer.table()).get(Rows.keyText(referrer.table(), referrer.row()));
            if (now != referrer.row() || now == row) {
                continue;
            }
            if (Rows.isNullable(referrer.table(), referrer.foreignKey()) && random.nextBoolean()) {
                @Nullable Object[] loose = now.clone();
                values.referToNothing(referrer.table(), loose, referrer.foreignKey());
                rows.put(referrer.table(), loose);
            } else if (!parentFirst) {
                rows.remove(referrer.table(), now);
            } else {
                cascade(referrer.table(), now, true);
            }
        }
        rows.remove(table, row);
    }

    /** REPLACE of a row: a delete and an insert of one key. */
    private boolean replace(Table table) {
        @Nullable Object[] row = any(table);
        if (row == null) {
            return false;
        }
        @Nullable Object[] next = values.row(table);
        boolean keepsUniques = random.nextBoolean();
        for (int i = 0; i < row.length; i++) {
            String column = table.columns().get(i).name();
            boolean unique =
                    table.uniqueKeys().stream().anyMatch(u -> u.columns().contains(column));
            if (table.primaryKey().contains(column) || (unique && keepsUniques)) {
                next[i] = row[i];
            }
        }
        rows.remove(table, row);
        return rows.put(table, next);
    }

    /** REPLACE over unique values: whoever holds one is deleted. */
    private boolean replaceByUniqueKey(Table table) {
        @Nullable Object[] next = values.row(table);
        for (UniqueKey unique : table.uniqueKeys()) {
            @Nullable Object[] holder = rows.holder(table, unique.columns(), next);
            if (holder != null) {
                rows.remove(table, holder);
            }
        }
        return rows.put(table, next);
    }

    private boolean changeKey(Table table) {
        @Nullable Object[] row = any(table);
        if (row == null) {
            return false;
        }
        @Nullable Object[] fresh = values.row(table);
        @Nullable Object[] next = row.clone();
        for (int index : table.keyIndexes()) {
            next[index] = fresh[index];
        }
        boolean free = !rows.of(table).containsKey(Rows.keyText(table, next));
        return free && change(table, row, next);
    }

    private boolean changeUniqueKey(Table table) {
        @Nullable Object[] row = any(table);
        if (row == null) {
            return false;
        }
        @Nullable Object[] fresh = values.row(table);
        @Nullable Object[] next = row.clone();
        UniqueKey unique =
                table.uniqueKeys().get(random.nextInt(table.uniqueKeys().size()));
        for (int index : table.indexesOf(unique.columns())) {
            next[index] = fresh[index];
        }
        return change(table, row, next);
    }

    /** As ON UPDATE CASCADE of the store would, parent or children first. */
    private boolean change(Table table, @Nullable Object[] row, @Nullable Object[] next) {
        List<Referrer> referrers = new ArrayList<>(rows.referrers(table, row));
        referrers.removeIf(r -> r.row() == row);
        boolean childrenFirst = random.nextBoolean();
        boolean follows = random.nextInt(4) != 0;
        if (follows && childrenFirst && !follow(referrers, table, next)) {
            return false;
        }
        for (ForeignKey own : table.foreignKeys()) {
            List<Object> key = own.parent().equals(table.id()) ? Rows.values(table, own.parentColumns(), row) : null;
            if (key != null && key.equals(Rows.values(table, own.columns(), row))) {
                values.refer(table, next, own, table, next);
            }
        }
        if (!Rows.keyText(table, row).equals(Rows.keyText(table, next))) {
            rows.remove(table, row);
        }
        return rows.put(table, next) && (!follows || childrenFirst || follow(referrers, table, next));
    }

    private boolean follow(List<Referrer> referrers, Table table, @Nullable Object[] next) {
        for (Referrer referrer : referrers) {
            Table child = referrer.table();
            @Nullable Object[] now = rows.of(child).get(Rows.keyText(child, referrer.row()));
            if (now == null || referrer.foreignKey().columns().stream().anyMatch(child.primaryKey()::contains)) {
                return false;
            }
            @Nullable Object[] moved = now.clone();
            values.refer(child, moved, referrer.foreignKey(), table, next);
            if (!rows.put(child, moved)) {
                return false;
            }
        }
        return true;
    }

    private boolean swapUniqueValues(Table table) {
        @Nullable Object[] one = any(table);
        @Nullable Object[] other = any(table);
        if (one == null || other == null || one == other) {
            return false;
        }
        return rows.put(table, with(table, one, "code", "swapping"))
                && rows.put(table, with(table, other, "code", one[table.indexOf("code")]))
                && rows.put(table, with(table, one, "code", other[table.indexOf("code")]));
    }

    private static @Nullable Object[] with(Table table, @Nullable Object[] row, String column, @Nullable Object value) {
        @Nullable Object[] changed = row.clone();
        changed[table.indexOf(column)] = value;
        return changed;
    }

    /** A child, then its parent, which refers back where it can. */
    private boolean insertFamily(Table child) {
        ForeignKey foreignKey = values.one(child.foreignKeys());
        Table parent =
                foreignKey == null ? null : catalog.table(foreignKey.parent()).orElse(null);
        if (foreignKey == null || parent == null) {
            return false;
        }
        @Nullable Object[] row = values.row(child);
        @Nullable Object[] above = values.row(parent);
        values.refer(child, row, foreignKey, parent, above);
        for (ForeignKey back : parent.foreignKeys()) {
            if (back.parent().equals(child.id())) {
                values.refer(parent, above, back, child, row);
            }
        }
        return rows.put(child, row) && rows.put(parent, above);
    }

    private boolean truncate(Table table) {
        List<Table> tables = new ArrayList<>(List.of(table));
        if (enforcement != Enforcement.NONE || random.nextInt(3) == 0) {
            rows.referring(table).stream()
                    .filter(t -> !t.equals(table.id()))
                    .sorted()
                    .forEach(t -> tables.add(catalog.table(t).orElseThrow()));
        }
        Collections.shuffle(tables, random);
        tables.forEach(rows::truncate);
        return true;
    }

    /** Sees to it that every row has its parents at the end of a transaction. */
    void repair() {
        for (int i = 0; i < 20; i++) {
            Optional<Referrer> orphan = rows.orphanSince(0);
            if (orphan.isEmpty()) {
                return;
            }
            repair(orphan.get());
        }
    }

    private void repair(Referrer orphan) {
        Table child = orphan.table();
        ForeignKey foreignKey = orphan.foreignKey();
        if (random.nextInt(3) != 0 && Rows.values(child, foreignKey.columns(), orphan.row()) != null) {
            Table parent = rows.parent(foreignKey);
            @Nullable Object[] late = values.row(parent);
            for (int c = 0; c < foreignKey.columns().size(); c++) {
                late[parent.indexOf(foreignKey.parentColumns().get(c))] =
                        orphan.row()[child.indexOf(foreignKey.columns().get(c))];
            }
            if (rows.put(parent, late)) {
                return;
            }
        }
        if (Rows.isNullable(child, foreignKey) && random.nextBoolean()) {
            @Nullable Object[] loose = orphan.row().clone();
            values.referToNothing(child, loose, foreignKey);
            rows.put(child, loose);
        } else {
            cascade(child, orphan.row(), true);
        }
    }
}
