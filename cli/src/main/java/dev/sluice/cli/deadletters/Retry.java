package dev.sluice.cli.deadletters;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.Refreshes;
import dev.sluice.sinks.postgresql.apply.TableOrder;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.control.DeadLetterList;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Filter;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Page;
import dev.sluice.sinks.postgresql.control.DeadLetterList.State;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asks the source for the rows of dead letters again, parents before children, with the letters of rows that are dead only because a parent is: of every table that refers to one of
 * those that were named. Which parent a child lacks is not known to the letter, so some are asked for in vain; what comes of that is another letter.
 */
final class Retry {
    private final DeadLetterList letters;
    private final Refreshes signals;
    private final Catalog catalog;
    private final Instant at;
    private long asked;
    private long unaskable;

    Retry(TargetDatabase database, String pipeline, Refreshes signals) {
        this.letters = new DeadLetterList(database, pipeline);
        this.signals = signals;
        this.catalog = captured(database, pipeline);
        this.at = letters.now();
    }

    private static Catalog captured(TargetDatabase database, String pipeline) {
        List<TableId> tables = PipelineStatus.read(database, pipeline).tables().stream()
                .map(PipelineStatus.TableStatus::table)
                .toList();
        Set<String> schemas = tables.stream().map(TableId::schema).collect(Collectors.toSet());
        TargetCatalog target = TargetCatalog.read(database, schemas);
        return Catalog.of(tables.stream()
                .flatMap(id -> target.table(id).stream())
                .map(table -> table.toTable())
                .toList());
    }

    /** The mark of everything that was asked for. */
    Instant at() {
        return at;
    }

    /** Letters whose rows the source was asked for. */
    long asked() {
        return asked;
    }

    /** Letters about no single row, or with a key too long to be kept. */
    long unaskable() {
        return unaskable;
    }

    /** @param ids null for all of the filter */
    void run(Filter filter, @Nullable Collection<Long> ids) {
        List<TableId> named;
        if (ids == null) {
            named = letters.tables(filter);
        } else {
            letters.requireOpen(ids);
            named = letters.tables(ids);
        }
        Set<TableId> below = referring(named);
        Set<TableId> all = new HashSet<>(named);
        all.addAll(below);
        for (TableId table :
                all.stream().sorted(TableOrder.of(catalog).parentsFirst()).toList()) {
            if (named.contains(table)) {
                ask(new Filter(table, filter.reason(), State.OPEN), ids);
            }
            if (below.contains(table)) {
                ask(new Filter(table, DeadLetterList.DEAD_PARENT, State.OPEN), null);
            }
        }
    }

    /** Tables that refer to some of these, directly or over others; one of them only where it refers to another, or to itself. */
    private Set<TableId> referring(Collection<TableId> named) {
        Set<TableId> found = new HashSet<>();
        boolean more = true;
        while (more) {
            more = false;
            for (Table table : catalog.tables()) {
                boolean refers = table.foreignKeys().stream()
                        .map(ForeignKey::parent)
                        .anyMatch(parent -> named.contains(parent) || found.contains(parent));
                more |= refers && found.add(table.id());
            }
        }
        return found;
    }

    private void ask(Filter filter, @Nullable Collection<Long> ids) {
        Page page = letters.page(filter, ids, 0, at);
        while (!page.ids().isEmpty()) {
            List<Long> askable = new ArrayList<>();
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < page.ids().size(); i++) {
                if (isKey(page.keys().get(i))) {
                    askable.add(page.ids().get(i));
                    keys.add(page.keys().get(i));
                }
            }
            unaskable += page.ids().size() - askable.size();
            TableId table = filter.table();
            if (!keys.isEmpty() && table != null) {
                // Marked first: the answer may come at once, and says by the mark what it is an answer to.
                letters.asked(askable, at);
                signals.ask(table, keys);
                asked += askable.size();
            }
            page = letters.page(filter, ids, page.last(), at);
        }
    }

    private static boolean isKey(String key) {
        return key.startsWith("[") && key.endsWith("]") && !key.equals("[]");
    }
}
