package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.SourceTable;
import dev.sluice.producers.sqlite.TableInfo.Column;
import dev.sluice.producers.sqlite.TableInfo.Index;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads SQLite's catalog. Inside a transaction of the caller, so all of it is one state. */
final class Introspection {
    private static final int HIDDEN = 1;
    private static final int FIRST_GENERATED = 2;

    /** Comments and everything quoted, in which a keyword would mean nothing. */
    private static final Pattern NOT_CODE = Pattern.compile(
            "--[^\\n]*|/\\*.*?\\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\\[[^]]*]|`(?:[^`]|``)*`", Pattern.DOTALL);

    private static final Pattern AUTOINCREMENT = Pattern.compile("\\bAUTOINCREMENT\\b", Pattern.CASE_INSENSITIVE);

    private final Session session;
    private final Map<String, TableInfo> tables = new TreeMap<>();
    private final List<String> leftOut = new ArrayList<>();

    private Introspection(Session session) {
        this.session = session;
    }

    /** Everything in the database, by name. */
    record Schema(Map<String, TableInfo> tables, List<String> leftOut) {}

    /** Tables that can be captured, and the names of views, virtual and shadow tables. */
    static Schema read(Session session) throws SQLException {
        Introspection introspection = new Introspection(session);
        introspection.readTables();
        introspection.resolveForeignKeys();
        return new Schema(introspection.tables, introspection.leftOut);
    }

    private void readTables() throws SQLException {
        Map<String, Boolean> withoutRowid = new TreeMap<>();
        Map<String, Boolean> strict = new HashMap<>();
        try (ResultSet rows = session.query(
                "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY name")) {
            while (rows.next()) {
                String name = rows.getString(1);
                String type = rows.getString(2);
                if (name.toLowerCase(Locale.ROOT).startsWith("sqlite_") || Names.isSluice(name)) {
                    continue;
                }
                if (type.equals("table")) {
                    withoutRowid.put(name, rows.getInt(3) == 1);
                    strict.put(name, rows.getInt(4) == 1);
                } else {
                    leftOut.add(type + " " + name);
                }
            }
        }
        for (Map.Entry<String, Boolean> table : withoutRowid.entrySet()) {
            boolean isStrict = strict.getOrDefault(table.getKey(), false);
            tables.put(table.getKey(), table(table.getKey(), table.getValue(), isStrict));
        }
    }

    private TableInfo table(String name, boolean withoutRowid, boolean strict) throws SQLException {
        List<Column> columns = new ArrayList<>();
        Map<Integer, String> key = new TreeMap<>();
        try (ResultSet rows = session.query(
                "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid",
                name)) {
            while (rows.next()) {
                int hidden = rows.getInt(6);
                if (hidden == HIDDEN) {
                    continue;
                }
                String column = rows.getString(1);
                String type = rows.getString(2) == null ? "" : rows.getString(2);
                columns.add(
                        new Column(column, type, rows.getInt(3) == 1, rows.getString(4), hidden >= FIRST_GENERATED));
                if (rows.getInt(5) > 0) {
                    key.put(rows.getInt(5), column);
                }
            }
        }
        List<Index> indexes = new ArrayList<>();
        List<String> irregular = new ArrayList<>();
        readIndexes(name, indexes, irregular);
        boolean rowidKey = !withoutRowid && key.size() == 1 && indexes.stream().noneMatch(Index::ofPrimaryKey);
        return new TableInfo(
                name,
                columns,
                List.copyOf(key.values()),
                rowidKey,
                withoutRowid,
                indexes,
                irregular,
                List.of(),
                remarks(name, withoutRowid, strict, indexes));
    }

    private List<String> remarks(String table, boolean withoutRowid, boolean strict, List<Index> indexes)
            throws SQLException {
        List<String> remarks = new ArrayList<>();
        if (withoutRowid) {
            remarks.add("WITHOUT ROWID");
        }
        if (strict) {
            remarks.add("STRICT");
        }
        String sql = session.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", table);
        if (sql != null
                && AUTOINCREMENT.matcher(NOT_CODE.matcher(sql).replaceAll(" ")).find()) {
            remarks.add("AUTOINCREMENT");
        }
        for (Index index : indexes) {
            for (Layout.Collated column : index.columns()) {
                if (!column.collation().equals("BINARY")) {
                    remarks.add("unique index " + index.name() + " compares " + column.column() + " with "
                            + column.collation() + ", PostgreSQL will compare it exactly");
                }
            }
        }
        return remarks;
    }

    private void readIndexes(String table, List<Index> indexes, List<String> irregular) throws SQLException {
        Map<String, String> origins = new TreeMap<>();
        try (ResultSet rows =
                session.query("SELECT name, origin, partial FROM pragma_index_list(?) WHERE \"unique\" = 1", table)) {
            while (rows.next()) {
                if (rows.getInt(3) == 1) {
                    irregular.add("unique index " + rows.getString(1) + " is partial");
                } else {
                    origins.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        for (Map.Entry<String, String> origin : origins.entrySet()) {
            List<Layout.Collated> columns = indexColumns(origin.getKey());
            if (columns == null) {
                irregular.add("unique index " + origin.getKey() + " is over an expression");
                continue;
            }
            String name = origin.getKey();
            if (name.startsWith("sqlite_autoindex_")) {
                name = table + "_"
                        + String.join(
                                "_",
                                columns.stream().map(Layout.Collated::column).toList()) + "_key";
            }
            indexes.add(new Index(name, origin.getValue().equals("pk"), columns));
        }
    }

    /** Null when one of them is an expression. */
    private @Nullable List<Layout.Collated> indexColumns(String index) throws SQLException {
        List<Layout.Collated> columns = new ArrayList<>();
        try (ResultSet rows =
                session.query("SELECT name, coll FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno", index)) {
            while (rows.next()) {
                String column = rows.getString(1);
                if (column == null) {
                    return null;
                }
                columns.add(new Layout.Collated(column, rows.getString(2).toUpperCase(Locale.ROOT)));
            }
        }
        return columns;
    }

    /** SQLite takes names in any case, and a parent's primary key when none is named. */
    private void resolveForeignKeys() throws SQLException {
        Map<String, TableInfo> anyCase = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        anyCase.putAll(tables);
        for (TableInfo table : List.copyOf(tables.values())) {
            List<SourceTable.ForeignKey> foreignKeys = new ArrayList<>();
            List<String> remarks = new ArrayList<>(table.remarks());
            for (List<Edge> edges : edges(table.name())) {
                SourceTable.ForeignKey foreignKey = resolve(edges, anyCase);
                if (foreignKey == null) {
                    remarks.add("foreign key to " + edges.get(0).parent + " is left out: no such table or key there");
                } else {
                    foreignKeys.add(foreignKey);
                }
            }
            tables.put(
                    table.name(),
                    new TableInfo(
                            table.name(),
                            table.columns(),
                            table.primaryKey(),
                            table.rowidKey(),
                            table.withoutRowid(),
                            table.indexes(),
                            table.irregular(),
                            foreignKeys,
                            remarks));
        }
    }

    private record Edge(
            String parent, String from, @Nullable String to, String onUpdate, String onDelete) {}

    private Iterable<List<Edge>> edges(String table) throws SQLException {
        Map<Integer, List<Edge>> edges = new TreeMap<>();
        try (ResultSet rows = session.query(
                "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id, seq",
                table)) {
            while (rows.next()) {
                edges.computeIfAbsent(rows.getInt(1), id -> new ArrayList<>())
                        .add(new Edge(
                                rows.getString(2),
                                rows.getString(3),
                                rows.getString(4),
                                rows.getString(5),
                                rows.getString(6)));
            }
        }
        return edges.values();
    }

    private static SourceTable.@Nullable ForeignKey resolve(List<Edge> edges, Map<String, TableInfo> anyCase) {
        Edge first = edges.get(0);
        TableInfo parent = anyCase.get(first.parent);
        if (parent == null) {
            return null;
        }
        List<String> parentColumns = new ArrayList<>();
        for (int i = 0; i < edges.size(); i++) {
            String to = edges.get(i).to;
            if (to == null && parent.primaryKey().size() == edges.size()) {
                to = parent.primaryKey().get(i);
            }
            String wanted = to;
            parent.columnNames().stream()
                    .filter(column -> column.equalsIgnoreCase(wanted))
                    .findFirst()
                    .ifPresent(parentColumns::add);
        }
        if (parentColumns.size() != edges.size()) {
            return null;
        }
        List<String> columns = edges.stream().map(Edge::from).toList();
        return new SourceTable.ForeignKey(columns, parent.name(), parentColumns, first.onDelete, first.onUpdate);
    }
}
