package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a pipeline has set up in a database, as it stands there.
 *
 * @param objects all tables and triggers of the pipeline by name, with their SQL
 * @param pipelineId null when the database is not prepared
 */
record CaptureState(
        Names names, Map<String, String> objects, @Nullable String pipelineId, List<Layout> layouts) {
    static final String FORMAT_ITEM = "format";
    static final String PIPELINE_ITEM = "pipeline-id";
    static final String LAYOUT_ITEM = "layout ";
    static final String FORMAT = "3";

    CaptureState {
        objects = Map.copyOf(objects);
        layouts = List.copyOf(layouts);
    }

    static CaptureState read(Session session, Names names) throws SQLException {
        Map<String, String> objects = new HashMap<>();
        try (ResultSet rows = session.query("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'trigger')")) {
            while (rows.next()) {
                String name = rows.getString(1);
                boolean table = name.equals(names.log()) || name.equals(names.meta()) || name.equals(names.replaced());
                if (table || names.isOwnTrigger(name)) {
                    objects.put(name, rows.getString(2));
                }
            }
        }
        if (!objects.containsKey(names.meta())) {
            return new CaptureState(names, objects, null, List.of());
        }
        return withMeta(session, names, objects);
    }

    private static CaptureState withMeta(Session session, Names names, Map<String, String> objects)
            throws SQLException {
        Map<String, String> meta = new HashMap<>();
        List<Layout> layouts = new ArrayList<>();
        try (ResultSet rows = session.query("SELECT item, value FROM " + Sql.name(names.meta()))) {
            while (rows.next()) {
                if (rows.getString(1).startsWith(LAYOUT_ITEM)) {
                    layouts.add(Layout.ofJson(rows.getString(2)));
                } else {
                    meta.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        String format = meta.get(FORMAT_ITEM);
        if (!FORMAT.equals(format)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the capture of pipeline " + names.pipeline() + " in the source has format " + format
                            + ", this version knows " + FORMAT
                            + "; use the version of Sluice that prepared it, or remove and prepare again");
        }
        return new CaptureState(names, objects, meta.get(PIPELINE_ITEM), layouts);
    }

    /** What all pipelines together capture now, as far as this version can read it. */
    static List<Layout> allCurrent(Session session) throws SQLException {
        List<String> pipelines = new ArrayList<>();
        try (ResultSet rows = session.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")) {
            while (rows.next()) {
                Names.pipelineOfMeta(rows.getString(1)).ifPresent(pipelines::add);
            }
        }
        List<Layout> current = new ArrayList<>();
        for (String pipeline : pipelines) {
            try {
                read(session, new Names(pipeline)).layouts.stream()
                        .filter(Layout::current)
                        .forEach(current::add);
            } catch (SluiceException e) {
                // Of another version: whoever follows that pipeline is told.
            }
        }
        return current;
    }

    boolean isPrepared() {
        return pipelineId != null && objects.containsKey(names.log());
    }

    Optional<Layout> current(String table) {
        return layouts.stream()
                .filter(layout -> layout.current() && layout.table().equals(table))
                .findFirst();
    }

    /** Whether the table was ever captured with another condition, also with none. */
    boolean selectedOtherwise(Layout wanted) {
        return layouts.stream()
                .filter(known -> known.table().equals(wanted.table()))
                .anyMatch(known -> known.selectedMore() || !Objects.equals(known.where(), wanted.where()));
    }

    int nextNumber() {
        return 1 + layouts.stream().mapToInt(Layout::number).max().orElse(0);
    }

    /** Refuses the capture of another incarnation. */
    void requireIncarnation(String wanted, String file) {
        if (pipelineId != null && !pipelineId.equals(wanted)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the capture of pipeline " + names.pipeline() + " in " + file + " belongs to incarnation "
                            + pipelineId
                            + ", not to " + wanted
                            + ": another installation or an earlier life of the pipeline prepared it; "
                            + "take it out with `sluice remove`, or give this pipeline another name");
        }
    }

    /** Refuses a capture that is gone, or not the one that was prepared: changes may have been missed. */
    void requireIntact(List<CapturedTable> tables, String file) {
        if (!isPrepared() || !objects.containsKey(names.replaced())) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    file + " is not prepared for pipeline " + names.pipeline() + ": its table " + names.log()
                            + " or " + names.meta()
                            + " is missing (never made, dropped, or the file was restored from an older copy); run `sluice prepare`");
        }
        for (CapturedTable table : tables) {
            Layout layout = current(table.sourceName())
                    .filter(current -> isFor(current, table))
                    .orElseThrow(() -> SluiceException.of(
                            ErrorKind.REFUSED,
                            "table " + table.sourceName() + " of " + file
                                    + " is not prepared with the configured columns " + table.sourceColumns()
                                    + ", key " + table.sourceKey() + " and rows; run `sluice prepare`"));
            requireTriggers(layout, file);
        }
    }

    /** The layout may have more columns, which are only asked for. */
    static boolean isFor(Layout layout, CapturedTable table) {
        List<String> stored = table.sourceColumns().stream()
                .filter(column -> !table.selection().computed().containsKey(column))
                .toList();
        boolean columns = table.selection().isAll()
                ? layout.columns().equals(stored)
                : Collections.indexOfSubList(layout.columns(), stored) == 0;
        return columns
                && layout.key().equals(table.identity())
                && Objects.equals(layout.where(), table.selection().where())
                && layout.computed().equals(table.selection().computed());
    }

    /** Refuses a table whose triggers are not those that were made for it. */
    void requireTriggers(Layout layout, String file) {
        new CaptureSql(names).triggers(layout).forEach((name, sql) -> {
            String found = objects.get(name);
            if (!sql.equals(found)) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "trigger " + name + " on table " + layout.table() + " of " + file
                                + (found == null
                                        ? " is missing: it was dropped, or the table was rebuilt, dropped or restored"
                                        : " was changed: the table or a column was renamed, or somebody edited it")
                                + ". Changes of the table may not have been captured since; take the capture out with `sluice remove` and start the pipeline anew");
            }
        });
    }
}
