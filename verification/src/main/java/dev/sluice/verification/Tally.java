package dev.sluice.verification;

import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Counts of one table while it is compared. */
final class Tally {
    private final ComparisonOptions options;
    private final Map<Verdict, Long> counts = new EnumMap<>(Verdict.class);
    private final List<Difference> listed = new ArrayList<>();
    private long sourceRows;
    private long matched;
    private Checksum source = Checksum.ZERO;
    private Checksum target = Checksum.ZERO;

    Tally(ComparisonOptions options) {
        this.options = options;
    }

    void sourceRows(int rows) {
        sourceRows += rows;
    }

    void sourceRow(Checksum hash) {
        source = source.plus(hash);
    }

    void targetRow(Checksum hash) {
        target = target.plus(hash);
    }

    void matched() {
        matched++;
    }

    void unequal(Difference difference, long rows) {
        counts.merge(difference.verdict(), rows, Long::sum);
        if (listed.size() < options.listedKeys()) {
            listed.add(difference);
        }
    }

    long compared() {
        return sourceRows;
    }

    TableReport report(TableId table, long targetRows) {
        return new TableReport(table, sourceRows, targetRows, matched, counts, source, target, listed);
    }
}
