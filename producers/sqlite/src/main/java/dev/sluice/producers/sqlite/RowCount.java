package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Counted;
import dev.sluice.schemas.Position;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** How many rows of a table travel, counted by SQLite. */
final class RowCount {
    private RowCount() {}

    /**
     * Empty where only some of the rows travel, and where it takes long: a snapshot lets writers in between.
     *
     * @param position gives the tail's position in the transaction in which is counted
     */
    static Optional<Counted> of(Session session, CapturedTable table, Session.Work<Position> position) {
        if (table.selection().where() != null) {
            return Optional.empty();
        }
        Duration longest = Query.Cost.DEFAULT.longest(Condition.writersWait(session));
        return Optional.ofNullable(Condition.within(longest, session, s -> {
            Position counted = position.run(s);
            Long rows = s.number("SELECT count(*) FROM " + Sql.name(table.sourceName()));
            return new Counted(counted, Objects.requireNonNull(rows));
        }));
    }
}
