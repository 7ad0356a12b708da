package dev.sluice.producers.api;

import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Every state that the store has had, by number of transactions. Thread-safe. */
final class History {
    private final List<SourceState> states = new ArrayList<>();

    History(SourceState first) {
        states.add(first.copy());
    }

    /** Called before the transaction is committed, so a reader never sees a state that is not here. */
    synchronized void add(List<Write> writes) {
        states.add(states.get(states.size() - 1).copy().apply(writes));
    }

    /** The states, of those accepted by {@code among}, that hold all of {@code target}, and not more in the tables named {@code whole}. */
    synchronized Set<Integer> matching(SourceState target, Set<TableId> whole, IntPredicate among) {
        return Set.copyOf(IntStream.range(0, states.size())
                .filter(among)
                .filter(i -> target.isPartOf(states.get(i), whole))
                .boxed()
                .toList());
    }

    synchronized SourceState last() {
        return states.get(states.size() - 1).copy();
    }

    synchronized SourceState at(int transactions) {
        return states.get(transactions).copy();
    }
}
