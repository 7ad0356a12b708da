package dev.sluice.producers.api;

import dev.sluice.producers.api.Capabilities.Transactions;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Nested;

/** The suite accepts a source that does everything right, whatever its boundaries mean. */
class ListSourceTest {
    @Nested
    class FromTransactionToTransaction extends ChangeSourceContract {
        @Override
        protected SourceFixture fixture(List<Write.Insert> rows) {
            return new ListFixture(Transactions.EXACT, rows, UnaryOperator.identity());
        }
    }

    @Nested
    class FromCutToCut extends ChangeSourceContract {
        @Override
        protected SourceFixture fixture(List<Write.Insert> rows) {
            return new ListFixture(Transactions.CUT, rows, UnaryOperator.identity());
        }
    }
}
