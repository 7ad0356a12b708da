package dev.sluice.cli.demo;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What the demo's application committed; printed as its last line. */
record WriterTotals(long transactions, Map<String, Long> rowsByTable) {
    private static final String TRANSACTIONS = "transactions";

    WriterTotals {
        rowsByTable = Map.copyOf(rowsByTable);
    }

    long rows() {
        return rowsByTable.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Reads {@link #toString}. */
    static Optional<WriterTotals> parse(String line) {
        Map<String, Long> counts = new TreeMap<>();
        for (String word : line.strip().split(" ", -1)) {
            String[] pair = word.split("=", -1);
            if (pair.length != 2 || !pair[1].matches("\\d{1,18}")) {
                return Optional.empty();
            }
            counts.put(pair[0], Long.parseLong(pair[1]));
        }
        return Optional.ofNullable(counts.remove(TRANSACTIONS))
                .map(transactions -> new WriterTotals(transactions, counts));
    }

    /** {@code transactions=12 devices=3 …}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(TRANSACTIONS + "=" + transactions);
        new TreeMap<>(rowsByTable)
                .forEach((table, rows) ->
                        text.append(' ').append(table).append('=').append(rows));
        return text.toString();
    }
}
