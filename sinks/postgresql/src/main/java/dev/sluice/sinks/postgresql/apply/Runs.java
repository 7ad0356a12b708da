package dev.sluice.sinks.postgresql.apply;

import java.util.ArrayList;
import java.util.List;

/** What of a list of changes is applied as one. */
final class Runs {
    private Runs() {}

    /** The runs, and what stands before, between and behind them. One list where there is only one of these. */
    static List<List<RowChange>> split(List<RowChange> changes) {
        List<List<RowChange>> parts = new ArrayList<>();
        int begin = 0;
        for (int i = 1; i <= changes.size(); i++) {
            if (i == changes.size()
                    || changes.get(i).run() != changes.get(begin).run()) {
                parts.add(changes.subList(begin, i));
                begin = i;
            }
        }
        return parts;
    }

    /** Whether the changes, which are one part, cannot be written one by one. */
    static boolean isOne(List<RowChange> changes) {
        return changes.size() == 1 || changes.get(0).run() != RowChange.ALONE;
    }

    /** Where to halve changes: at the end of the transaction that ends nearest to their middle, or in the middle of a single one. */
    static int middle(List<RowChange> changes) {
        int middle = changes.size() / 2;
        for (int distance = 0; distance <= middle; distance++) {
            if (endsTransaction(changes, middle - distance)) {
                return middle - distance;
            }
            if (endsTransaction(changes, middle + distance)) {
                return middle + distance;
            }
        }
        return middle;
    }

    private static boolean endsTransaction(List<RowChange> changes, int at) {
        return at > 0
                && at < changes.size()
                && changes.get(at - 1).change().transaction().last();
    }
}
