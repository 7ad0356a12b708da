package dev.sluice.cli.demo;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How the pipeline stands at one moment.
 *
 * @param at when this was read
 * @param applied everything that the application committed before is in PostgreSQL; empty before the first transaction
 * @param sequence newest applied event
 */
record LiveView(
        Instant at, List<TableView> tables, long sequence, Optional<Instant> applied, long waiting, long deadLetters) {
    /**
     * @param rows of the snapshot that have arrived
     * @param expected rows of the snapshot, estimated until it has ended
     * @param loaded whether the snapshot has ended
     */
    record TableView(String name, long rows, long expected, boolean loaded) {}

    LiveView {
        tables = List.copyOf(tables);
    }

    boolean backfilled() {
        return !tables.isEmpty() && tables.stream().allMatch(TableView::loaded);
    }

    long rows() {
        return tables.stream().mapToLong(TableView::rows).sum();
    }

    long expected() {
        return tables.stream().mapToLong(TableView::expected).sum();
    }

    Optional<Duration> lag() {
        return applied.map(time -> Duration.between(time, at)).map(lag -> lag.isNegative() ? Duration.ZERO : lag);
    }
}
