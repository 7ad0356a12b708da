package dev.sluice.producers.api;

import dev.sluice.schemas.relational.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** What the contract suite asks a {@link SourceFixture} to do to one of {@link ContractTables}. Values are of the Java types of the table's columns. */
public sealed interface Write {
    Table table();

    static Insert insert(Table table, Object... row) {
        return new Insert(table, Arrays.asList(row));
    }

    static Update update(Table table, Object... row) {
        return new Update(table, Arrays.asList(row));
    }

    static Delete delete(Table table, Object... key) {
        return new Delete(table, Arrays.asList(key));
    }

    static ChangeKey changeKey(Table table, List<Object> key, Object... row) {
        return new ChangeKey(table, key, Arrays.asList(row));
    }

    /** @param row in the order of the table's columns; no row has its key yet */
    record Insert(Table table, List<Object> row) implements Write {
        public Insert {
            row = Collections.unmodifiableList(new ArrayList<>(row));
        }
    }

    /** @param row in the order of the table's columns; replaces the row with its key, as one update */
    record Update(Table table, List<Object> row) implements Write {
        public Update {
            row = Collections.unmodifiableList(new ArrayList<>(row));
        }
    }

    /** @param key in the order of the table's primary key; a row has it */
    record Delete(Table table, List<Object> key) implements Write {
        public Delete {
            key = List.copyOf(key);
        }
    }

    /**
     * One update that changes the key (and perhaps more). A store without such a thing deletes and inserts.
     *
     * @param key the old one; a row has it
     * @param row the new row; no row has its key yet
     */
    record ChangeKey(Table table, List<Object> key, List<Object> row) implements Write {
        public ChangeKey {
            key = List.copyOf(key);
            row = Collections.unmodifiableList(new ArrayList<>(row));
        }
    }

    /** Empties the table. Only asked for when the capabilities say {@code truncate}. */
    record Truncate(Table table) implements Write {}
}
