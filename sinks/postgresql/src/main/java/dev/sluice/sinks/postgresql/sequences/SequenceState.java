package dev.sluice.sinks.postgresql.sequences;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.Sql;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * A sequence as PostgreSQL has it.
 *
 * @param id schema and name
 * @param increment never 0; negative where it descends
 * @param last the value that it stands at
 * @param called whether {@code last} was given out; otherwise it is the next
 * @param owned whether the connected user may lock it and set it anew
 * @param owner the user who may
 */
public record SequenceState(
        TableId id,
        long increment,
        long min,
        long max,
        long cache,
        boolean cycle,
        long last,
        boolean called,
        boolean owned,
        String owner) {
    public SequenceState {
        if (increment == 0 || cache < 1) {
            throw new IllegalArgumentException("sequence " + id + " has increment " + increment + ", cache " + cache);
        }
    }

    public boolean ascends() {
        return increment > 0;
    }

    /** What {@code nextval} would give, if the sequence did not end there. */
    public BigInteger next() {
        BigInteger at = BigInteger.valueOf(last);
        return called ? at.add(BigInteger.valueOf(increment)) : at;
    }

    /**
     * The first value that {@code nextval} could give and that is beyond a value. It keeps the sequence's step, because two sequences with the same increment may share the numbers
     * between them (odd and even ones).
     */
    BigInteger nextBeyond(BigDecimal value) {
        BigInteger step = BigInteger.valueOf(increment);
        BigInteger next = next();
        if (isBeyond(next, value)) {
            return next;
        }
        BigInteger steps = value.subtract(new BigDecimal(next))
                .divideToIntegralValue(new BigDecimal(step))
                .toBigInteger();
        return next.add(steps.add(BigInteger.ONE).multiply(step));
    }

    boolean isBeyond(BigInteger next, BigDecimal value) {
        int compared = new BigDecimal(next).compareTo(value);
        return ascends() ? compared > 0 : compared < 0;
    }

    /** Takes the sequence for this transaction, so that nobody gets a value of it meanwhile: LOCK TABLE does not do sequences, altering one does. Nothing changes. */
    String lockSql() {
        return "ALTER SEQUENCE " + Sql.quote(id) + " CACHE " + cache;
    }

    /** Unlike {@code setval}, this is part of its transaction, and other sessions forget the values that they hold in their caches. */
    String restartSql(BigInteger next) {
        return "ALTER SEQUENCE " + Sql.quote(id) + " RESTART WITH " + next;
    }
}
