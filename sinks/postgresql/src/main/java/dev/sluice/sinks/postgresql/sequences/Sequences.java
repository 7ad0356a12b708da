package dev.sluice.sinks.postgresql.sequences;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The sequences of captured tables: how far they are, and moving those that are behind. */
public final class Sequences {
    private final TargetDatabase database;

    public Sequences(TargetDatabase database) {
        this.database = database;
    }

    /**
     * Changes nothing.
     *
     * @param counters the last values that the source has given out, by table and column of the target; none where it keeps no account
     * @throws SluiceException of kind TARGET, also where the user may not read a sequence or a table
     */
    public List<SequenceUse> read(Collection<TableId> tables, Map<TableId, Map<String, Long>> counters) {
        return database.withConnection(connection -> new SequenceReader(connection, counters).read(tables));
    }

    /**
     * Moves the sequences that are behind, all or none of them, in one transaction. No sequence goes backwards: each is taken from everybody else before it is looked at for the last
     * time, for as long as the transaction is open. May be repeated.
     *
     * @param found what {@link #read} gave; rows that came since count next time
     * @return what each that was moved will give next
     * @throws SluiceException of kind TARGET, when one ends too early or belongs to somebody else; then nothing is changed
     */
    public Map<TableId, BigInteger> advance(List<SequenceUse> found) {
        List<SequenceUse> behind = found.stream().filter(SequenceUse::isBehind).toList();
        refuseExhausted(behind);
        refuseOthers(behind);
        return database.inTransaction(connection -> {
            Map<TableId, BigInteger> moved = new LinkedHashMap<>();
            for (SequenceUse use : behind) {
                advance(connection, use, moved);
            }
            return moved;
        });
    }

    private static void advance(Connection connection, SequenceUse found, Map<TableId, BigInteger> moved)
            throws SQLException {
        execute(connection, found.state().lockSql());
        SequenceUse now = found.with(
                new SequenceReader(connection, Map.of()).state(found.state().id()));
        if (now.isBehind()) {
            refuseExhausted(List.of(now));
            execute(connection, now.state().restartSql(now.wouldBe()));
            moved.put(now.state().id(), now.wouldBe());
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void refuseExhausted(List<SequenceUse> found) {
        List<String> exhausted =
                found.stream().flatMap(use -> use.exhausted().stream()).toList();
        if (!exhausted.isEmpty()) {
            throw SluiceException.of(ErrorKind.TARGET, "no sequence was moved:\n  " + String.join("\n  ", exhausted));
        }
    }

    private static void refuseOthers(List<SequenceUse> behind) {
        String others = behind.stream()
                .filter(use -> !use.state().owned())
                .map(use -> "\n  sequence " + use.state().id() + " belongs to "
                        + use.state().owner() + ": " + use.state().restartSql(use.wouldBe()))
                .collect(Collectors.joining());
        if (!others.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.TARGET,
                    "no sequence was moved, because only its owner may lock one; make Sluice's user the owner, or let the owner run, while nobody inserts:"
                            + others);
        }
    }
}
