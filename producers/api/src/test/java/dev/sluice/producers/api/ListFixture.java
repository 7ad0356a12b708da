package dev.sluice.producers.api;

import dev.sluice.producers.api.Capabilities.Transactions;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Table;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** The contract's tables in a {@link ListStore}. */
final class ListFixture implements SourceFixture {
    private final ListStore store;
    private final Transactions transactions;
    private final UnaryOperator<ChangeSource> wrap;

    ListFixture(Transactions transactions, List<Write.Insert> rows, UnaryOperator<ChangeSource> wrap) {
        this.store = new ListStore(InstantSource.system(), ContractTables.captured());
        this.transactions = transactions;
        this.wrap = wrap;
        rows.forEach(row -> store.load(row.table(), List.<Object[]>of(row.row().toArray())));
    }

    @Override
    public ChangeSource source() {
        return wrap.apply(new ListSource(store, transactions, InstantSource.system()));
    }

    @Override
    public void transact(List<Write> writes) {
        store.commit(records(writes));
    }

    static List<SourceRecord> records(List<Write> writes) {
        List<SourceRecord> records = new ArrayList<>();
        writes.forEach(write -> add(write, records));
        return records;
    }

    private static void add(Write write, List<SourceRecord> records) {
        Table table = write.table();
        if (write instanceof Write.Insert insert) {
            records.add(SourceRecord.Row.upsert(table, Op.CREATE, insert.row().toArray()));
        } else if (write instanceof Write.Update update) {
            records.add(SourceRecord.Row.upsert(table, Op.UPDATE, update.row().toArray()));
        } else if (write instanceof Write.Delete delete) {
            records.add(SourceRecord.Row.delete(table, before(table, delete.key())));
        } else if (write instanceof Write.ChangeKey change) {
            records.add(SourceRecord.Row.delete(table, before(table, change.key())));
            records.add(SourceRecord.Row.upsert(table, Op.CREATE, change.row().toArray()));
        } else {
            records.add(new SourceRecord.Row(table, Op.TRUNCATE, null, null, java.util.Set.of()));
        }
    }

    private static Object[] before(Table table, List<Object> key) {
        Object[] row = new Object[table.columns().size()];
        int[] indexes = table.keyIndexes();
        for (int i = 0; i < indexes.length; i++) {
            row[indexes[i]] = key.get(i);
        }
        return row;
    }

    @Override
    public List<List<Object>> rows(Table table) {
        return store.rows(table).stream().map(Arrays::asList).toList();
    }

    @Override
    public String atLeast(String column, long least) {
        return column + " >= " + least;
    }

    @Override
    public List<String> noConditions() {
        return List.of("nonsense", "missing >= 1");
    }

    @Override
    public List<String> noQueries() {
        return List.of("nonsense", "SELECT missing FROM accounts", "SELECT id FROM missing");
    }

    @Override
    public void close() {}
}
