package dev.sluice.cli.init;

import dev.sluice.producers.api.ProposedColumn;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.producers.api.SourceTable.ForeignKey;
import java.util.List;
import java.util.Optional;

/** A table of the source and what it should become. */
record Proposal(SourceTable source, List<ProposedColumn> columns) {
    /** Sluice's own column in the target. */
    private static final String SEQUENCE_COLUMN = "_sluice_seq";

    Proposal {
        columns = columns.stream()
                .filter(c -> !c.column().equalsIgnoreCase(SEQUENCE_COLUMN))
                .toList();
    }

    String name() {
        return source.name();
    }

    String targetName() {
        return SqlNames.fitting(source.name());
    }

    boolean hasKey() {
        return !source.primaryKey().isEmpty();
    }

    /** Columns that cannot travel under their own name. */
    List<String> reservedColumns() {
        return source.columns().stream()
                .map(SourceTable.Column::name)
                .filter(SEQUENCE_COLUMN::equalsIgnoreCase)
                .toList();
    }

    Optional<ProposedColumn> column(String name) {
        return columns.stream().filter(c -> c.column().equalsIgnoreCase(name)).findFirst();
    }

    List<String> targetNames(List<String> columns) {
        return columns.stream()
                .map(c -> column(c).map(ProposedColumn::column).orElse(c))
                .map(SqlNames::fitting)
                .toList();
    }

    boolean isUnique(List<String> columns) {
        return sameNames(source.primaryKey(), columns)
                || source.uniqueKeys().stream().anyMatch(u -> sameNames(u.columns(), columns));
    }

    /** A foreign key without columns of the parent means the parent's primary key. */
    List<String> referencedColumns(ForeignKey key) {
        return key.parentColumns().isEmpty() ? source.primaryKey() : key.parentColumns();
    }

    private static boolean sameNames(List<String> a, List<String> b) {
        return a.size() == b.size() && a.stream().allMatch(x -> b.stream().anyMatch(x::equalsIgnoreCase));
    }
}
