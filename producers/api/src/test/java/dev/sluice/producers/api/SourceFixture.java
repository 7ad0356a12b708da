package dev.sluice.producers.api;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.util.List;

/** A real store with {@link ContractTables}, prepared for capture, and nobody else writing to it. */
public interface SourceFixture extends AutoCloseable {
    /**
     * A new source that captures {@link ContractTables#captured()}; not opened. All sources of a fixture follow the same capture. The suite closes what it
     * takes, and has several open at once only one after the other.
     */
    ChangeSource source();

    /** Does the writes in one transaction of the store, over a connection of its own. One thread at a time, while a source reads in another. */
    void transact(List<Write> writes) throws Exception;

    /** The table's present rows in any order, their values in the order and of the Java types of {@code table.columns()}. */
    List<List<Object>> rows(Table table) throws Exception;

    /** {@code column >= least} in the store's own language. Asked only of a fixture whose source declares {@code conditionalSnapshot}. */
    default String atLeast(String column, long least) {
        throw new UnsupportedOperationException();
    }

    /** Texts that are no condition about {@link ContractTables#ACCOUNTS}, or more than one, or that would write. Asked as {@link #atLeast} is. */
    default List<String> noConditions() {
        throw new UnsupportedOperationException();
    }

    /** All values of a table in the order of its columns, in the store's own SQL. Asked only of a fixture whose source declares {@code sql}. */
    default String selectAll(Table table) {
        return "SELECT "
                + String.join(", ", table.columns().stream().map(Column::name).toList()) + " FROM "
                + table.id().name();
    }

    /** Texts that are no query, or more than one, or that would write. Asked as {@link #selectAll} is. */
    default List<String> noQueries() {
        throw new UnsupportedOperationException();
    }

    @Override
    void close();
}
