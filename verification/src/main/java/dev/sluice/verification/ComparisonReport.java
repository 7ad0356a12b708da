package dev.sluice.verification;

import java.util.List;

/** The outcome of a comparison, one report per captured table in the source's order of tables. */
public record ComparisonReport(List<TableReport> tables) {
    public ComparisonReport {
        tables = List.copyOf(tables);
    }

    /** Whether every row of every table is equal on both sides, without exception. */
    public boolean equal() {
        return tables.stream().allMatch(TableReport::equal);
    }

    /** Whether nothing is unequal but waiting rows and dead letters. */
    public boolean explained() {
        return tables.stream().allMatch(TableReport::explained);
    }

    public long count(Verdict verdict) {
        return tables.stream().mapToLong(table -> table.count(verdict)).sum();
    }

    public long sourceRows() {
        return tables.stream().mapToLong(TableReport::sourceRows).sum();
    }

    public long matched() {
        return tables.stream().mapToLong(TableReport::matched).sum();
    }
}
