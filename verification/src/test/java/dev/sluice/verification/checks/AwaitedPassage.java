package dev.sluice.verification.checks;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.Passage;
import java.util.ArrayList;
import java.util.List;

/** A pipeline that applies something when its passing is awaited. */
final class AwaitedPassage implements Passage {
    private final Runnable apply;
    final List<TableId> awaited = new ArrayList<>();

    AwaitedPassage(Runnable apply) {
        this.apply = apply;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void awaitPresent(TableId table) {
        awaited.add(table);
        apply.run();
    }

    @Override
    public List<Moment> compare(TableId table, List<String> keys) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void forget(String signal) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void refresh(TableId table, List<String> keys) {
        throw new UnsupportedOperationException();
    }

    /** One of a pipeline that does not run. */
    static Passage closed() {
        return new Passage() {
            @Override
            public boolean isOpen() {
                return false;
            }

            @Override
            public void awaitPresent(TableId table) {
                throw new UnsupportedOperationException();
            }

            @Override
            public List<Moment> compare(TableId table, List<String> keys) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void forget(String signal) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void refresh(TableId table, List<String> keys) {
                throw new UnsupportedOperationException();
            }
        };
    }
}
