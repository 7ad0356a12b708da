package dev.sluice.verification.checks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The rows of one side, in no order; how often each is there counts. */
final class RowSet {
    private static final int SHOWN_ROWS = 5;
    private static final String MASK = "***";

    private final List<String> columns;
    private final Map<List<@Nullable Object>, Integer> rows = new HashMap<>();
    private long size;

    RowSet(List<String> columns) {
        this.columns = List.copyOf(columns);
    }

    /** @param row of {@link Values} */
    void add(@Nullable Object[] row) {
        rows.merge(Arrays.asList(row), 1, Integer::sum);
        size++;
    }

    List<String> columns() {
        return columns;
    }

    long size() {
        return size;
    }

    boolean isSame(RowSet other) {
        return rows.equals(other.rows);
    }

    /** How many of the rows the other has not. */
    long beyond(RowSet other) {
        return rows.entrySet().stream()
                .mapToLong(row -> Math.max(0, row.getValue() - other.rows.getOrDefault(row.getKey(), 0)))
                .sum();
    }

    /**
     * Some of the rows that the other has not, or has less often.
     *
     * @param masked places of columns whose values are not shown
     */
    String shownBeyond(RowSet other, Set<Integer> masked) {
        List<String> shown = new ArrayList<>();
        for (Map.Entry<List<@Nullable Object>, Integer> row : rows.entrySet()) {
            int beyond = row.getValue() - other.rows.getOrDefault(row.getKey(), 0);
            if (beyond > 0 && shown.size() < SHOWN_ROWS) {
                String values = IntStream.range(0, row.getKey().size())
                        .mapToObj(i -> masked.contains(i)
                                ? MASK
                                : Values.shown(row.getKey().get(i)))
                        .collect(Collectors.joining(", ", "(", ")"));
                shown.add(beyond == 1 ? values : values + " " + beyond + " times");
            }
        }
        return String.join(", ", shown);
    }
}
