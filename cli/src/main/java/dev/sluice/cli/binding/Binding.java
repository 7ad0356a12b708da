package dev.sluice.cli.binding;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Catalog;
import java.util.List;

/**
 * The tables that travel, and everything that is wrong or noteworthy about them.
 *
 * @param tables parents before children; those with an error are left out
 */
public record Binding(List<CapturedTable> tables, BoundRules rules, List<Finding> findings) {
    public Binding {
        tables = List.copyOf(tables);
        findings = List.copyOf(findings);
    }

    public boolean hasErrors() {
        return findings.stream().anyMatch(f -> f.severity() == Finding.Severity.ERROR);
    }

    public Catalog catalog() {
        return Catalog.of(tables.stream().map(CapturedTable::target).toList());
    }
}
