package dev.sluice.cli.backfill;

import dev.sluice.cli.binding.Binding;
import dev.sluice.cli.binding.TableSearch;
import dev.sluice.cli.config.Configuration;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.progress.Backfill;
import dev.sluice.schemas.progress.SnapshotProgress;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import dev.sluice.streams.gate.OnOrphan;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is to be read again.
 *
 * @param tables parents before children
 * @param referred captured tables that rows of other tables refer to
 * @param adopted captured tables that may hold rows of their own, which nobody but their owner deletes
 */
record Request(
        List<CapturedTable> tables,
        Set<TableId> referred,
        Set<TableId> adopted,
        @Nullable String where,
        boolean truncate) {
    Request {
        tables = List.copyOf(tables);
        referred = Set.copyOf(referred);
        adopted = Set.copyOf(adopted);
    }

    /**
     * @param names of target tables, with or without their schema
     * @throws SluiceException of kind CONFIGURATION that says every name that is no captured table, or more than one
     */
    static Request of(
            Collection<String> names,
            Binding binding,
            Configuration configuration,
            @Nullable String where,
            boolean truncate) {
        List<CapturedTable> captured = binding.tables();
        Set<TableId> wanted = TableSearch.find(
                names, captured.stream().map(table -> table.target().id()).toList());
        return new Request(
                captured.stream()
                        .filter(table -> wanted.contains(table.target().id()))
                        .toList(),
                referred(captured),
                adopted(captured, configuration),
                where,
                truncate);
    }

    private static Set<TableId> adopted(List<CapturedTable> captured, Configuration configuration) {
        return captured.stream()
                .filter(table -> configuration.tables().of(table.sourceName()).adopt())
                .map(table -> table.target().id())
                .collect(Collectors.toSet());
    }

    private static Set<TableId> referred(List<CapturedTable> captured) {
        return captured.stream()
                .map(CapturedTable::target)
                .flatMap(child -> child.foreignKeys().stream()
                        .map(ForeignKey::parent)
                        .filter(parent -> !parent.equals(child.id())))
                .collect(Collectors.toSet());
    }

    /**
     * Tables that may have rows that the source does not. A truncate leaves none, but in a table that others refer to: that is emptied row by row, of the rows that came
     * through the log.
     */
    List<CapturedTable> searched() {
        return tables.stream()
                .filter(table -> !truncate || referred.contains(table.target().id()))
                .toList();
    }

    List<TableId> ids() {
        return tables.stream().map(table -> table.target().id()).toList();
    }

    Signal signal(String id, String by) {
        return Signal.backfill(id, ids(), where, truncate, by);
    }

    /** Whether a backfill that is under way is about the same rows. */
    boolean isSameAs(Backfill backfill, Collection<SnapshotProgress> ofItsSignal) {
        Set<TableId> its = ofItsSignal.stream().map(SnapshotProgress::table).collect(Collectors.toSet());
        return its.equals(Set.copyOf(ids()))
                && Objects.equals(where, backfill.where())
                && truncate == backfill.truncate();
    }

    /** A truncate would take rows along that Sluice never wrote. */
    void requireOwn() {
        List<TableId> foreign = ids().stream().filter(adopted::contains).toList();
        if (truncate && !foreign.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "tables " + foreign
                            + " are not emptied: they have adopt: true, so they may hold rows of their own, which would not come back."
                            + " Leave --truncate out: every row is read again, and rows that Sluice wrote leave where the source has them no more");
        }
    }

    /**
     * Between the truncate and the end of the second reading, rows of referring tables find parents missing that are only not read yet. Under the rule {@code wait} they
     * wait, and what is referred to stays; every other rule would act on healthy rows.
     */
    void requireTruncatable(Binding binding) {
        for (CapturedTable captured : binding.tables()) {
            Table child = captured.target();
            for (ForeignKey key : child.foreignKeys()) {
                OnOrphan rule = binding.rules().rules().of(child.id(), key).onOrphan();
                if (truncate && ids().contains(key.parent()) && rule != OnOrphan.WAIT) {
                    throw SluiceException.of(
                            ErrorKind.REFUSED,
                            "table " + key.parent() + " is not emptied: foreign key " + key.name() + " of " + child.id()
                                    + " refers to it, and on-orphan is not wait there, so rows would be acted on whose parents are only"
                                    + " not read again yet. Leave --truncate out: every row is read again, and what the source has no more leaves");
                }
            }
        }
    }
}
