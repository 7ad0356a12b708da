package dev.sluice.sinks.postgresql.sequences;

import dev.sluice.schemas.relational.TableId;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A sequence and everything that it has to be beyond.
 *
 * @param columns whose defaults it gives; one at least
 */
public record SequenceUse(SequenceState state, List<Column> columns) {
    public SequenceUse {
        columns = List.copyOf(columns);
    }

    /**
     * A column whose default a sequence gives.
     *
     * @param type PostgreSQL's spelling, of the base type where it is a domain
     * @param limit the last value that the column can hold in the sequence's direction; null where the sequence ends earlier
     * @param furthest the greatest value of the column, the smallest where the sequence descends; null where it has none, or none that is a number
     * @param sourceCounter the last value that the source has given out for the column; null where the source keeps no account
     */
    public record Column(
            TableId table,
            String name,
            String type,
            boolean number,
            @Nullable BigInteger limit,
            @Nullable BigDecimal furthest,
            @Nullable Long sourceCounter) {
        private Stream<BigDecimal> taken() {
            return Stream.of(
                            Optional.ofNullable(furthest),
                            Optional.ofNullable(number ? sourceCounter : null).map(BigDecimal::valueOf))
                    .flatMap(Optional::stream);
        }
    }

    /** What {@code nextval} is to give next, so that it meets no row and no value that the source has given out; as it is where it does not. */
    public BigInteger wouldBe() {
        return columns.stream()
                .flatMap(Column::taken)
                .map(state::nextBeyond)
                .reduce(state.next(), state.ascends() ? BigInteger::max : BigInteger::min);
    }

    public boolean isBehind() {
        return !wouldBe().equals(state.next());
    }

    /** Why the sequence cannot give what would be next; empty where it can. */
    public Optional<String> exhausted() {
        BigInteger next = wouldBe();
        BigInteger end = BigInteger.valueOf(state.ascends() ? state.max() : state.min());
        if (passes(next, end)) {
            String bound = state.ascends() ? "MAXVALUE" : "MINVALUE";
            return Optional.of(
                    "sequence " + state.id() + " ends at its " + bound + " " + end + ", next would be " + next
                            + (state.cycle() ? ", and with CYCLE it begins again where rows are" : "")
                            + "; give it another " + bound + ", or the column another type");
        }
        return columns.stream()
                .filter(column -> column.limit() != null && passes(next, column.limit()))
                .findFirst()
                .map(column -> "column " + column.name() + " of table " + column.table() + " is " + column.type()
                        + ", which ends at " + column.limit() + ", next would be " + next
                        + "; give the column another type");
    }

    private boolean passes(BigInteger next, BigInteger end) {
        return state.ascends() ? next.compareTo(end) > 0 : next.compareTo(end) < 0;
    }

    SequenceUse with(SequenceState other) {
        return new SequenceUse(other, columns);
    }
}
