package dev.sluice.streams.benchmark;

import static dev.sluice.streams.testing.TableBuilder.table;

import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.gate.ForeignKeyRule;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.gate.OnOrphan;
import dev.sluice.streams.testing.Events;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * Events of one kind. All are new rows, as in a first load, ten to a source transaction.
 *
 * @param goal events per second
 * @param events by sequence, from 1 to {@code count}
 */
record Workload(String name, int goal, Catalog catalog, ForeignKeyRules rules, int count, LongFunction<Event> events) {
    private static final int PARENTS = 10_000;
    private static final int LARGE = 100;

    /** Two parents and their child. */
    private record Family(Table left, Table right, Table child) {
        static Family of(int number) {
            Table left = table("left_" + number).bigint("id").key("id").build();
            Table right = table("right_" + number).bigint("id").key("id").build();
            Table child = table("child_" + number)
                    .bigint("id")
                    .text("a")
                    .text("b")
                    .bigint("c")
                    .bigint("l")
                    .bigint("r")
                    .key("id")
                    .refers("l", left.id().name(), "id")
                    .refers("r", right.id().name(), "id")
                    .build();
            return new Family(left, right, child);
        }

        List<Table> tables() {
            return List.of(left, right, child);
        }
    }

    static List<Workload> all(int count) {
        List<Workload> all = new ArrayList<>();
        for (int tables : new int[] {1, LARGE}) {
            all.add(leaf(tables, count));
        }
        for (int families : new int[] {1, LARGE / 3}) {
            all.add(parentsFirst("two foreign keys, enforced by source", 60_000, families, count, true));
        }
        for (int families : new int[] {1, LARGE / 3}) {
            all.add(parentsFirst("two foreign keys, child state", 40_000, families, count, false));
        }
        for (int families : new int[] {1, LARGE / 3}) {
            all.add(everyChildWaits(families, count / 2));
        }
        return all;
    }

    private static Workload leaf(int tables, int count) {
        List<Table> leaves = new ArrayList<>();
        for (int i = 0; i < tables; i++) {
            leaves.add(table("leaf_" + i)
                    .bigint("id")
                    .text("a")
                    .text("b")
                    .bigint("c")
                    .key("id")
                    .build());
        }
        return new Workload(
                named("leaf tables", tables),
                100_000,
                Catalog.of(leaves),
                ForeignKeyRules.NONE,
                count,
                sequence -> Events.upsert(
                        leaves.get((int) (sequence % tables)),
                        sequence,
                        sequence % 10 == 0,
                        sequence,
                        "some text",
                        "some more text",
                        sequence));
    }

    static Workload parentsFirst(String name, int goal, int families, int count, boolean enforcedBySource) {
        List<Family> all = families(families);
        return new Workload(
                named(name, all),
                goal,
                catalog(all),
                enforcedBySource ? enforced(all) : ForeignKeyRules.NONE,
                count,
                sequence -> sequence <= 2 * PARENTS ? parent(all, sequence, sequence) : child(all, sequence));
    }

    private static Workload everyChildWaits(int families, int count) {
        List<Family> all = families(families);
        int children = count - 2 * PARENTS;
        return new Workload(
                named("every child waits first", all),
                25_000,
                catalog(all),
                ForeignKeyRules.NONE,
                count,
                sequence -> sequence <= children ? child(all, sequence) : parent(all, sequence, sequence - children));
    }

    private static List<Family> families(int number) {
        List<Family> all = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            all.add(Family.of(i));
        }
        return all;
    }

    /** One table more makes a hundred of 33 families. */
    private static Catalog catalog(List<Family> families) {
        List<Table> tables = new ArrayList<>();
        families.forEach(f -> tables.addAll(f.tables()));
        tables.add(table("apart").bigint("id").key("id").build());
        return Catalog.of(tables);
    }

    private static ForeignKeyRules enforced(List<Family> families) {
        ForeignKeyRule rule = new ForeignKeyRule(true, OnOrphan.WAIT);
        Map<TableId, Map<String, ForeignKeyRule>> rules = new HashMap<>();
        for (Family family : families) {
            Map<String, ForeignKeyRule> ofTable = new HashMap<>();
            family.child().foreignKeys().forEach(key -> ofTable.put(key.name(), rule));
            rules.put(family.child().id(), ofTable);
        }
        return ForeignKeyRules.of(rules);
    }

    /** @param number from 1: first all of the left tables, then all of the right ones */
    private static Event parent(List<Family> families, long sequence, long number) {
        Family family = families.get((int) (number % PARENTS % families.size()));
        Table table = number <= PARENTS ? family.left() : family.right();
        return Events.upsert(table, sequence, true, number % PARENTS);
    }

    private static Event child(List<Family> families, long sequence) {
        int family = (int) (sequence % families.size());
        return Events.upsert(
                families.get(family).child(),
                sequence,
                sequence % 10 == 0,
                sequence,
                "some text",
                "some more text",
                sequence,
                parentId(families, family, sequence * 31),
                parentId(families, family, sequence * 17));
    }

    /** Some row that the family's parents have. */
    private static long parentId(List<Family> families, int family, long from) {
        long rows = ((long) PARENTS - 1 - family) / families.size() + 1;
        return family + from % rows * families.size();
    }

    private static String named(String name, int tables) {
        return name + (tables == 1 ? "" : ", " + tables + " tables");
    }

    private static String named(String name, List<Family> families) {
        return named(name, families.size() == 1 ? 1 : LARGE);
    }
}
