package dev.sluice.cli.verify;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.Passage;
import java.util.List;

/** Where no pipeline runs there is nobody to ask. */
final class NoPassage implements Passage {
    private static final String CLOSED = "nobody asks a pipeline that does not run";

    @Override
    public boolean isOpen() {
        return false;
    }

    @Override
    public void awaitPresent(TableId table) {
        throw new IllegalStateException(CLOSED);
    }

    @Override
    public List<Moment> compare(TableId table, List<String> keys) {
        throw new IllegalStateException(CLOSED);
    }

    @Override
    public void forget(String signal) {
        throw new IllegalStateException(CLOSED);
    }

    @Override
    public void refresh(TableId table, List<String> keys) {
        throw new IllegalStateException(CLOSED);
    }
}
