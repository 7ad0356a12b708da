package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.TableId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A good source with one mistake built in. */
final class FlawedSource implements ChangeSource {
    private final ChangeSource source;
    private final Flaw flaw;
    private int polls;
    private int parts;

    FlawedSource(ChangeSource source, Flaw flaw) {
        this.source = source;
        this.flaw = flaw;
    }

    /** Mistakes that producers have made. */
    enum Flaw {
        SKIPS_A_RECORD,
        REPEATS_A_RECORD,
        PASSES_THE_BOUND,
        ENDS_INSIDE_A_TRANSACTION,
        NEVER_ENDS_A_TRANSACTION,
        CLAIMS_TO_BE_COMPLETE_TOO_EARLY,
        IGNORES_THE_POSITION,
        ANSWERS_WITH_NOTHING_BEFORE_THE_BOUND,
        DROPS_THE_LAST_ROW_OF_A_CHUNK,
        REPEATS_A_ROW_IN_THE_NEXT_CHUNK,
        READS_CHUNKS_WITHOUT_A_POSITION,
        FORGETS_ABSENT_KEYS,
        READS_KEYS_WITHOUT_A_POSITION,
        IGNORES_THE_CONDITION,
        READS_UNDER_A_CONDITION_WITHOUT_A_POSITION,
        TAKES_ANYTHING_FOR_A_CONDITION,
        CALLS_EVERYTHING_THE_SAME,
        CALLS_EVERYTHING_ANOTHER,
        STORES_ANOTHER_ORDER,
        COUNTS_ONE_TOO_MANY,
        COUNTS_WITHOUT_A_POSITION,
        ANSWERS_WITHOUT_A_POSITION,
        FORGETS_A_ROW_OF_AN_ANSWER,
        IGNORES_HOW_MANY_ROWS_ARE_WANTED,
        TAKES_ANYTHING_FOR_A_QUERY
    }

    @Override
    public Polled poll(@Nullable Position upTo, int maxRecords) {
        polls++;
        if (flaw == Flaw.CLAIMS_TO_BE_COMPLETE_TOO_EARLY && upTo == null && polls % 2 == 0) {
            return Polled.complete(Instant.now());
        }
        if (flaw == Flaw.ANSWERS_WITH_NOTHING_BEFORE_THE_BOUND && upTo != null && polls % 3 == 0) {
            return Polled.nothing();
        }
        Polled polled = source.poll(flaw == Flaw.PASSES_THE_BOUND ? null : upTo, records(maxRecords));
        if (polled.part().isEmpty()) {
            return upTo == null ? polled : Polled.nothing();
        }
        parts++;
        return Polled.part(spoil(polled.part().get()));
    }

    private int records(int maxRecords) {
        return flaw == Flaw.ENDS_INSIDE_A_TRANSACTION ? 1 : maxRecords;
    }

    private TransactionPart spoil(TransactionPart part) {
        List<SourceRecord> records = new ArrayList<>(part.records());
        boolean last = part.last();
        if (flaw == Flaw.SKIPS_A_RECORD && parts % 2 == 0 && records.size() > 1) {
            records.remove(0);
        } else if (flaw == Flaw.REPEATS_A_RECORD && parts % 2 == 0) {
            records.add(0, records.get(0));
        } else if (flaw == Flaw.ENDS_INSIDE_A_TRANSACTION) {
            last = true;
        } else if (flaw == Flaw.NEVER_ENDS_A_TRANSACTION) {
            last = false;
        }
        return new TransactionPart(part.id(), part.committedAt(), records, part.end(), last);
    }

    @Override
    public SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows) {
        SnapshotChunk chunk = source.snapshot(table, cursor, maxRows);
        List<SourceRecord> rows = new ArrayList<>(chunk.records());
        Position position = chunk.position();
        if (flaw == Flaw.DROPS_THE_LAST_ROW_OF_A_CHUNK && !rows.isEmpty() && !chunk.isLast()) {
            rows.remove(rows.size() - 1);
        } else if (flaw == Flaw.REPEATS_A_ROW_IN_THE_NEXT_CHUNK && cursor != null && !rows.isEmpty()) {
            rows.set(0, source.snapshot(table, null, 1).records().get(0));
        } else if (flaw == Flaw.READS_CHUNKS_WITHOUT_A_POSITION) {
            position = source.position();
        }
        return new SnapshotChunk(position, chunk.readAt(), rows, chunk.cursor());
    }

    @Override
    public SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows, String condition) {
        if (flaw == Flaw.IGNORES_THE_CONDITION) {
            return source.snapshot(table, cursor, maxRows);
        }
        SnapshotChunk chunk = source.snapshot(table, cursor, maxRows, condition);
        boolean flawed = flaw == Flaw.READS_UNDER_A_CONDITION_WITHOUT_A_POSITION;
        return new SnapshotChunk(
                flawed ? source.position() : chunk.position(), chunk.readAt(), chunk.records(), chunk.cursor());
    }

    @Override
    public void requireCondition(TableId table, String condition) {
        if (flaw != Flaw.TAKES_ANYTHING_FOR_A_CONDITION) {
            source.requireCondition(table, condition);
        }
    }

    @Override
    public KeyedRead read(TableId table, List<Object[]> keys) {
        KeyedRead read = source.read(table, keys);
        List<SourceRecord> records = new ArrayList<>(read.records());
        if (flaw == Flaw.FORGETS_ABSENT_KEYS) {
            records.removeIf(found -> found.op() == Op.DELETE);
        }
        Position position = flaw == Flaw.READS_KEYS_WITHOUT_A_POSITION ? source.position() : read.position();
        return new KeyedRead(position, read.readAt(), records, read.answered());
    }

    @Override
    public Notation notation(TableId table) {
        return switch (flaw) {
            case CALLS_EVERYTHING_THE_SAME -> (column, stored, value) -> Notation.Answer.SAME;
            case CALLS_EVERYTHING_ANOTHER -> (column, stored, value) -> Notation.Answer.OTHER;
            case STORES_ANOTHER_ORDER ->
                (column, stored, value) -> source.notation(table).compare(column, column, value);
            default -> source.notation(table);
        };
    }

    @Override
    public Optional<Counted> count(TableId table) {
        return source.count(table)
                .map(counted -> new Counted(
                        flaw == Flaw.COUNTS_WITHOUT_A_POSITION ? source.position() : counted.position(),
                        flaw == Flaw.COUNTS_ONE_TOO_MANY ? counted.rows() + 1 : counted.rows()));
    }

    @Override
    public QueryRows query(String sql, int maxRows) {
        if (flaw == Flaw.TAKES_ANYTHING_FOR_A_QUERY && !sql.startsWith("SELECT id")) {
            return new QueryRows(source.position(), List.of(), List.of());
        }
        QueryRows rows = source.query(sql, flaw == Flaw.IGNORES_HOW_MANY_ROWS_ARE_WANTED ? 1_000 : maxRows);
        int skipped = flaw == Flaw.FORGETS_A_ROW_OF_AN_ANSWER ? 1 : 0;
        return new QueryRows(
                flaw == Flaw.ANSWERS_WITHOUT_A_POSITION ? source.position() : rows.position(),
                rows.columns(),
                rows.rows().subList(skipped, rows.rows().size()));
    }

    @Override
    public void open(@Nullable Position position) {
        source.open(flaw == Flaw.IGNORES_THE_POSITION ? null : position);
    }

    @Override
    public Capabilities capabilities() {
        return source.capabilities();
    }

    @Override
    public String connector() {
        return source.connector();
    }

    @Override
    public String database() {
        return source.database();
    }

    @Override
    public List<CapturedTable> tables() {
        return source.tables();
    }

    @Override
    public Position position() {
        return source.position();
    }

    @Override
    public long estimateRows(TableId table) {
        return source.estimateRows(table);
    }

    @Override
    public void committed(Position position) {
        source.committed(position);
    }

    @Override
    public void close() {
        source.close();
    }
}
