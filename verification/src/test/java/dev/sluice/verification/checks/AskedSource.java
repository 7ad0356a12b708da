package dev.sluice.verification.checks;

import dev.sluice.producers.api.Capabilities;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.Polled;
import dev.sluice.producers.api.QueryRows;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A source that gives one answer after the other, the last one for ever. */
final class AskedSource implements ChangeSource {
    private final Deque<List<List<Object>>> answers = new ArrayDeque<>();
    private final boolean sql;
    final List<String> asked = new ArrayList<>();

    private AskedSource(boolean sql) {
        this.sql = sql;
    }

    static AskedSource silent() {
        return new AskedSource(false);
    }

    static AskedSource answering(Object[]... rows) {
        return new AskedSource(true).then(rows);
    }

    AskedSource then(Object[]... rows) {
        answers.add(Arrays.stream(rows).map(Arrays::asList).toList());
        return this;
    }

    @Override
    public QueryRows query(String query, int maxRows) {
        asked.add(query);
        List<List<Object>> rows = answers.size() > 1 ? answers.remove() : answers.element();
        if (query.equals("wrong")) {
            throw SluiceException.of(ErrorKind.CONFIGURATION, "the source cannot answer the query: near wrong");
        }
        List<String> columns = new ArrayList<>();
        for (int i = 0; i < (rows.isEmpty() ? 1 : rows.get(0).size()); i++) {
            columns.add("s" + i);
        }
        return new QueryRows(position(), columns, rows);
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(Capabilities.Transactions.CUT, Capabilities.Rewind.NONE, false, false, false, sql);
    }

    @Override
    public String connector() {
        return "asked";
    }

    @Override
    public String database() {
        return "memory";
    }

    @Override
    public List<CapturedTable> tables() {
        return List.of();
    }

    @Override
    public void open(@Nullable Position position) {}

    @Override
    public Position position() {
        return Position.of(new byte[] {1});
    }

    @Override
    public Polled poll(@Nullable Position upTo, int maxRecords) {
        return Polled.nothing();
    }

    @Override
    public SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long estimateRows(TableId table) {
        return 0;
    }

    @Override
    public void committed(Position position) {}

    @Override
    public void close() {}
}
