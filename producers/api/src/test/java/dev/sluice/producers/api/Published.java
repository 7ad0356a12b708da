package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.relational.Table;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;

/** What any log of a lane has to fulfil, whatever happened to its publishers. */
final class Published {
    private Published() {}

    /** From 1, without a gap and without a repetition. */
    static void assertGapFree(List<Event> events) {
        assertThat(events)
                .extracting(event -> event.source().sequence())
                .isEqualTo(LongStream.rangeClosed(1, events.size()).boxed().toList());
    }

    /** Each transaction's events stand together, numbered from 1, and exactly the last one says so. */
    static void assertWholeTransactions(List<Event> events) {
        String open = null;
        long order = 0;
        Map<Object, Long> collections = new HashMap<>();
        for (Event event : events) {
            Transaction transaction = event.transaction();
            assertThat(open == null ? transaction.id() : open).isEqualTo(transaction.id());
            assertThat(transaction.totalOrder()).isEqualTo(++order);
            if (event instanceof Change change) {
                Long before = collections.put(change.table().id(), transaction.dataCollectionOrder());
                assertThat(transaction.dataCollectionOrder()).isGreaterThan(before == null ? 0 : before);
            }
            open = transaction.last() ? null : transaction.id();
            if (transaction.last()) {
                order = 0;
                collections.clear();
            }
        }
        assertThat(open).as("the transaction that never ended").isNull();
    }

    /** As {@link #assertWholeTransactions}, for one lane of several: a transaction of several parts may also end with a heartbeat. */
    static void assertEndedTransactions(List<Event> events) {
        String open = null;
        for (Event event : events) {
            Transaction transaction = event.transaction();
            if (!(event instanceof Control)) {
                assertThat(open == null ? transaction.id() : open).isEqualTo(transaction.id());
            }
            open = transaction.last() ? null : transaction.id();
        }
        assertThat(open).as("the transaction that never ended").isNull();
    }

    /** Applied in their order they give exactly the store's rows. */
    static void assertRebuilds(List<Event> events, ListStore store) {
        SourceState state = SourceState.empty();
        for (Event event : events) {
            if (event instanceof Change change) {
                Object[] before = change.isDelete() ? change.before() : null;
                Object[] after = change.isUpsert() ? change.after() : null;
                state.apply(new SourceRecord.Row(change.table(), change.op(), before, after, change.unchanged()));
            }
        }
        for (Table table : ContractTables.ALL) {
            assertThat(state.values(table))
                    .containsExactlyInAnyOrderElementsOf(store.rows(table).stream()
                            .map(java.util.Arrays::asList)
                            .toList());
        }
    }

    static void assertGood(List<Event> events, ListStore store) {
        assertGapFree(events);
        assertWholeTransactions(events);
        assertRebuilds(events, store);
    }

    static List<Control> controls(List<Event> events, Control.Kind kind) {
        return events.stream()
                .map(event -> event instanceof Control control && control.kind() == kind ? control : null)
                .filter(Objects::nonNull)
                .toList();
    }
}
