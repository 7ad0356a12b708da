package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Works out the statements that set up a capture, or take it out. Nothing is done here; everything that stands already is left out, so an empty list means that
 * there is nothing to do.
 */
final class Preparation {
    private final Session session;
    private final String file;
    private final CaptureState state;
    private final CaptureSql sql;
    private final List<String> statements = new ArrayList<>();

    private Preparation(Session session, String file, CaptureState state) {
        this.session = session;
        this.file = file;
        this.state = state;
        this.sql = new CaptureSql(state.names());
    }

    static List<String> statements(
            Session session, String file, List<CapturedTable> tables, String pipeline, String pipelineId)
            throws SQLException {
        CaptureState state = CaptureState.read(session, new Names(pipeline));
        state.requireIncarnation(pipelineId, file);
        Preparation preparation = new Preparation(session, file, state);
        Map<String, TableInfo> found = Introspection.read(session).tables();
        Map<String, Layout> wanted = new LinkedHashMap<>();
        try (Evaluator evaluator = Evaluator.of(session)) {
            for (CapturedTable table : tables) {
                wanted.put(table.sourceName(), preparation.layout(table, found, evaluator));
            }
        }
        preparation.tables(wanted.values(), pipelineId);
        wanted.values().forEach(preparation::capture);
        preparation.release(wanted.keySet());
        return preparation.statements;
    }

    /** Drops exactly what belongs to the pipeline. */
    static List<String> removal(Session session, String pipeline) throws SQLException {
        Names names = new Names(pipeline);
        List<String> statements = new ArrayList<>();
        try (ResultSet rows = session.query(
                "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'trigger') ORDER BY type DESC, name")) {
            while (rows.next()) {
                String name = rows.getString(1);
                boolean trigger = rows.getString(2).equals("trigger");
                boolean table = name.equals(names.log()) || name.equals(names.meta()) || name.equals(names.replaced());
                if (trigger && names.isOwnTrigger(name)) {
                    statements.add("DROP TRIGGER " + Sql.name(name));
                } else if (!trigger && table) {
                    statements.add("DROP TABLE " + Sql.name(name));
                }
            }
        }
        return statements;
    }

    private void tables(Collection<Layout> wanted, String pipelineId) throws SQLException {
        int keyWidth =
                wanted.stream().mapToInt(layout -> layout.key().size()).max().orElse(0);
        int rowWidth = wanted.stream()
                .mapToInt(layout -> layout.columns().size())
                .max()
                .orElse(0);
        Names names = state.names();
        if (!state.isPrepared()) {
            requireNothingLeft(names);
            statements.add(sql.createLog(keyWidth, rowWidth));
            statements.add(sql.createReplaced(keyWidth));
            statements.add(sql.indexReplaced());
            statements.add(sql.createMeta());
            statements.add(sql.putMeta(CaptureState.FORMAT_ITEM, CaptureState.FORMAT));
            statements.add(sql.putMeta(CaptureState.PIPELINE_ITEM, pipelineId));
            statements.add(sql.mark());
            return;
        }
        widen(names.log(), "k", keyWidth);
        widen(names.log(), "c", rowWidth);
        widen(names.replaced(), "k", keyWidth);
    }

    private void requireNothingLeft(Names names) {
        if (!state.objects().isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    file + " holds " + new java.util.TreeSet<>(state.objects().keySet()) + " of pipeline "
                            + names.pipeline()
                            + ", but not its whole capture: something was dropped; take the rest out with `sluice remove` and start the pipeline anew");
        }
    }

    private void widen(String table, String prefix, int width) throws SQLException {
        Set<String> columns = new HashSet<>();
        try (ResultSet rows = session.query("SELECT name FROM pragma_table_info(?)", table)) {
            while (rows.next()) {
                columns.add(rows.getString(1));
            }
        }
        for (int i = 0; i < width; i++) {
            if (!columns.contains(prefix + i)) {
                statements.add(sql.addColumn(table, prefix + i));
            }
        }
    }

    private void capture(Layout made) {
        Layout wanted = made.withNumber(nextNumber());
        requireComputedAlike(wanted);
        requireZonesAlike(wanted);
        if (state.selectedOtherwise(wanted)) {
            wanted = wanted.afterAnother();
        }
        Layout current = state.current(wanted.table()).orElse(null);
        if (current != null) {
            state.requireTriggers(current, file);
            if (current.captures(wanted)) {
                if (!current.seen().equals(wanted.seen())) {
                    put(wanted.withNumber(current.number()));
                }
                return;
            }
            dropTriggers(current);
            if (current.hasRowsOf(wanted) && current.selects(wanted)) {
                // Only unique constraints differ: the tail has no gap, so the table's snapshot stays valid.
                wanted = wanted.withNumber(current.number());
            } else {
                put(current.retired());
            }
        }
        put(wanted);
        statements.addAll(sql.triggers(wanted).values());
    }

    /** Keys that are computed otherwise would be other rows, and nothing would tell which of the old ones are to go. */
    private void requireComputedAlike(Layout wanted) {
        if (state.layouts().stream()
                .anyMatch(known -> known.table().equals(wanted.table())
                        && !known.computed().equals(wanted.computed()))) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "tables." + wanted.table()
                            + ".computed is not what the table was captured with, so its rows would get other keys beside those that the target has; restore it, or take the capture out with `sluice remove` and start the pipeline anew");
        }
    }

    /** As with computed keys: the same moment would be another key. */
    private void requireZonesAlike(Layout wanted) {
        for (Layout known : state.layouts()) {
            if (known.table().equals(wanted.table()) && !Objects.equals(known.keyZones(), wanted.keyZones())) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "the time-zone of the key of table " + wanted.table() + " is " + zones(wanted)
                                + ", but it was captured with " + zones(known)
                                + ", so its rows would get other keys beside those that the target has; restore it, or take the capture out with `sluice remove` and start the pipeline anew");
            }
        }
    }

    private static String zones(Layout layout) {
        return layout.keyZones() == null ? "UTC" : String.valueOf(layout.keyZones());
    }

    /** Null where the key's times are all in UTC. */
    private static @Nullable Map<String, String> keyZones(CapturedTable table) {
        Map<String, String> zones = new TreeMap<>();
        for (int index : table.target().keyIndexes()) {
            Column column = table.target().columns().get(index);
            boolean local = column.type() == LogicalType.TIMESTAMP || column.type() == LogicalType.TIMESTAMPTZ;
            Optional<ZoneId> zone = table.rules(column.name()).timeZone();
            if (local && LocalTimes.of(zone) != null) {
                zones.put(column.name(), zone.orElseThrow().getId());
            }
        }
        return zones.isEmpty() ? null : zones;
    }

    private Layout layout(CapturedTable table, Map<String, TableInfo> found, Evaluator evaluator) throws SQLException {
        TableInfo info = found.get(table.sourceName());
        if (info == null) {
            throw SluiceException.of(
                    ErrorKind.SOURCE,
                    "table " + table.sourceName() + " (for " + table.target().id() + ") is not in " + file
                            + "; correct its name or leave it out");
        }
        List<String> missing = info.missing(table);
        if (!missing.isEmpty()) {
            String target = table.target().columns().stream().map(Column::name).collect(Collectors.joining(", "));
            throw SluiceException.of(
                    ErrorKind.SOURCE,
                    "table " + table.sourceName() + " of " + file + " has no column " + String.join(", ", missing)
                            + " (target columns: " + target + "); correct the mapping");
        }
        requireEnforced(table, info);
        return new Layout(
                nextNumber(),
                table.sourceName(),
                evaluator.selection(session, table, info).logged(),
                table.identity(),
                info.row(),
                info.keyIndex(table.identity()),
                info.replaceable(table.identity()),
                info.columnNames(),
                true,
                Layout.Selected.of(table.selection()),
                keyZones(table));
    }

    /** Rows that pass their keys on to each other in one statement could not be told apart. */
    private void requireEnforced(CapturedTable table, TableInfo info) {
        if (!info.enforces(table.identity())) {
            throw SluiceException.of(
                    ErrorKind.SOURCE,
                    "no unique index of " + file + " keeps key " + table.identity() + " of table " + table.sourceName()
                            + " unique; " + info.enforcing(table.identity()));
        }
    }

    private int given;

    private int nextNumber() {
        return state.nextNumber() + given;
    }

    private void put(Layout layout) {
        if (layout.number() == nextNumber()) {
            given++;
        }
        statements.add(sql.putMeta(CaptureState.LAYOUT_ITEM + layout.number(), layout.toJson()));
    }

    /** Tables that are not captured any more. */
    private void release(Set<String> names) {
        for (Layout layout : state.layouts()) {
            if (layout.current() && !names.contains(layout.table())) {
                retire(layout);
            }
        }
    }

    private void retire(Layout layout) {
        dropTriggers(layout);
        put(layout.retired());
    }

    private void dropTriggers(Layout layout) {
        for (String trigger : sql.triggers(layout).keySet()) {
            if (state.objects().containsKey(trigger)) {
                statements.add("DROP TRIGGER " + Sql.name(trigger));
            }
        }
    }
}
