package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.TableBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random tables and foreign keys. */
final class RandomCatalog {
    private enum Shape {
        SINGLE,
        COMPOSITE
    }

    private RandomCatalog() {}

    /**
     * @param acyclic tables refer to earlier ones and themselves only
     * @param uniqueReferences whether foreign keys may refer to a key beside the primary one
     */
    static Catalog of(Random random, boolean acyclic, boolean uniqueReferences) {
        int count = 1 + random.nextInt(6);
        List<Shape> shapes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            shapes.add(random.nextInt(3) == 0 ? Shape.COMPOSITE : Shape.SINGLE);
        }
        List<Table> tables = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tables.add(build(random, i, shapes, acyclic, uniqueReferences));
        }
        return Catalog.of(tables);
    }

    private static Table build(Random random, int i, List<Shape> shapes, boolean acyclic, boolean uniqueReferences) {
        TableBuilder table = table("t" + i).bigint("id");
        if (shapes.get(i) == Shape.COMPOSITE) {
            table.text("part").key("id", "part");
        } else {
            table.key("id");
        }
        table.text("code").unique("code").text("note");
        int foreignKeys = random.nextInt(4);
        for (int f = 0; f < foreignKeys; f++) {
            int parent = random.nextInt(acyclic ? i + 1 : shapes.size());
            if (uniqueReferences && random.nextInt(3) == 0) {
                table.text("c" + f).refers("c" + f, "t" + parent, "code");
            } else if (shapes.get(parent) == Shape.COMPOSITE) {
                table.bigint("x" + f).text("y" + f);
                table.refers(List.of("x" + f, "y" + f), "t" + parent, List.of("id", "part"), random.nextBoolean());
            } else {
                table.bigint("r" + f).refers("r" + f, "t" + parent, "id");
            }
        }
        return table.build();
    }
}
