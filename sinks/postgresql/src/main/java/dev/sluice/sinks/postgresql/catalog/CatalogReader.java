package dev.sluice.sinks.postgresql.catalog;

import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import dev.sluice.sinks.postgresql.database.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Reads {@code pg_catalog} with one query per kind of thing. */
final class CatalogReader {
    private static final String TABLES = """
            SELECT c.oid, n.nspname, c.relname, pg_get_userbyid(c.relowner), pg_has_role(c.relowner, 'USAGE'),
                   array_remove(ARRAY[
                     CASE WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'SELECT' END,
                     CASE WHEN NOT has_table_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
                     CASE WHEN NOT has_table_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
                     CASE WHEN NOT has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END], NULL),
                   has_schema_privilege(n.oid, 'USAGE')
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY(?) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            ORDER BY n.nspname, c.relname""";
    /** Domains are followed to their base type, however deep. */
    private static final String COLUMNS = """
            WITH RECURSIVE base(oid, type, typtype, typbasetype) AS (
              SELECT t.oid, t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type t
              UNION ALL
              SELECT b.oid, t.oid, t.typtype, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype
              WHERE b.typtype = 'd')
            SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), format_type(b.type, -1), bt.typname,
                   bt.typnamespace = 'pg_catalog'::regnamespace,
                   NOT (a.attnotnull OR EXISTS (SELECT 1 FROM pg_catalog.pg_type dt WHERE dt.oid = a.atttypid AND dt.typnotnull)),
                   CASE WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), pg_get_expr(ct.typdefaultbin, 0)) END,
                   a.attgenerated <> '', a.attidentity
            FROM pg_catalog.pg_attribute a
            JOIN base b ON b.oid = a.atttypid AND b.typtype <> 'd'
            JOIN pg_catalog.pg_type bt ON bt.oid = b.type
            JOIN pg_catalog.pg_type ct ON ct.oid = a.atttypid
            LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = ANY(?) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attrelid, a.attnum""";

    private static final String KEYS = """
            SELECT i.indrelid, ic.relname, i.indisprimary, i.indimmediate,
                   (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, n)
                    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum)
            FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
            WHERE i.indrelid = ANY(?) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
            ORDER BY i.indrelid, ic.relname""";
    private static final String FOREIGN_KEYS = """
            SELECT o.conrelid, o.conname, pn.nspname, p.relname,
                   (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(o.conkey) WITH ORDINALITY AS k(attnum, n)
                    JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.attnum),
                   (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(o.confkey) WITH ORDINALITY AS k(attnum, n)
                    JOIN pg_catalog.pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.attnum),
                   o.confmatchtype, o.condeferrable, o.condeferred, o.confdeltype, o.confupdtype, o.convalidated
            FROM pg_catalog.pg_constraint o
            JOIN pg_catalog.pg_class p ON p.oid = o.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
            WHERE o.contype = 'f' AND o.conrelid = ANY(?) AND o.conparentid = 0
            ORDER BY o.conrelid, o.conname""";
    private static final String TRIGGERS = """
            SELECT t.tgrelid, t.tgname, t.tgenabled::text FROM pg_catalog.pg_trigger t
            WHERE t.tgrelid = ANY(?) AND NOT t.tgisinternal ORDER BY t.tgrelid, t.tgname""";

    private static final String REFERRING_SCHEMAS = """
            SELECT DISTINCT n.nspname FROM pg_catalog.pg_constraint o
            JOIN pg_catalog.pg_class c ON c.oid = o.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_class p ON p.oid = o.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
            WHERE o.contype = 'f' AND pn.nspname = ANY(?)""";

    private final Connection connection;
    private final Collection<String> schemas;
    private final Map<Long, Draft> drafts = new LinkedHashMap<>();

    CatalogReader(Connection connection, Collection<String> schemas) {
        this.connection = connection;
        this.schemas = schemas;
    }

    /** The named schemas and those that have a table which refers to a table of a named one. */
    static Set<String> withReferring(Connection connection, Collection<String> schemas) throws SQLException {
        Set<String> all = new TreeSet<>(schemas);
        try (PreparedStatement query = connection.prepareStatement(REFERRING_SCHEMAS)) {
            query.setArray(1, connection.createArrayOf("text", schemas.toArray()));
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    all.add(rows.getString(1));
                }
            }
        }
        return all;
    }

    /** A table while its parts are read. */
    private static final class Draft {
        private final TableId id;
        private final String owner;
        private final boolean owned;
        private final List<String> missing;
        private final boolean readable;
        private final List<TargetColumn> columns = new ArrayList<>();
        private final List<UniqueKey> uniqueKeys = new ArrayList<>();
        private final List<TargetForeignKey> foreignKeys = new ArrayList<>();
        private final List<TargetTrigger> triggers = new ArrayList<>();
        private List<String> primaryKey = List.of();
        private boolean deferrableKey;
        private boolean sequenceColumn;
        private boolean holdsRows;

        private Draft(TableId id, String owner, boolean owned, List<String> missing, boolean readable) {
            this.id = id;
            this.owner = owner;
            this.owned = owned;
            this.missing = missing;
            this.readable = readable;
        }

        private TargetTable table() {
            return new TargetTable(
                    id,
                    columns,
                    primaryKey,
                    deferrableKey,
                    uniqueKeys,
                    foreignKeys,
                    holdsRows,
                    sequenceColumn,
                    triggers,
                    owner,
                    owned,
                    missing);
        }
    }

    /** Takes one row of a query about a table. */
    @FunctionalInterface
    private interface Row {
        void read(Draft draft, ResultSet row) throws SQLException;
    }

    List<TargetTable> read() throws SQLException {
        readTables();
        perTable(COLUMNS, CatalogReader::column);
        perTable(KEYS, CatalogReader::key);
        perTable(FOREIGN_KEYS, CatalogReader::foreignKey);
        perTable(TRIGGERS, (draft, row) -> draft.triggers.add(new TargetTrigger(row.getString(2), row.getString(3))));
        readWhetherRowsAreThere();
        return drafts.values().stream().map(Draft::table).toList();
    }

    private void readTables() throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(TABLES)) {
            query.setArray(1, connection.createArrayOf("text", schemas.toArray()));
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    List<String> missing = strings(rows.getArray(6));
                    Draft draft = new Draft(
                            new TableId(rows.getString(2), rows.getString(3)),
                            rows.getString(4),
                            rows.getBoolean(5),
                            missing,
                            rows.getBoolean(7) && !missing.contains("SELECT"));
                    drafts.put(rows.getLong(1), draft);
                }
            }
        }
    }

    private void perTable(String sql, Row reader) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setArray(1, connection.createArrayOf("oid", drafts.keySet().toArray()));
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    Draft draft = drafts.get(rows.getLong(1));
                    if (draft != null) {
                        reader.read(draft, rows);
                    }
                }
            }
        }
    }

    private static void column(Draft draft, ResultSet row) throws SQLException {
        String name = row.getString(2);
        if (name.equals(Sql.SEQUENCE_COLUMN)) {
            draft.sequenceColumn = true;
            return;
        }
        TargetColumn.Identity identity =
                switch (row.getString(10)) {
                    case "a" -> TargetColumn.Identity.ALWAYS;
                    case "d" -> TargetColumn.Identity.BY_DEFAULT;
                    default -> TargetColumn.Identity.NONE;
                };
        draft.columns.add(new TargetColumn(
                name,
                LogicalTypes.of(row.getBoolean(6), row.getString(5)),
                row.getString(3),
                row.getString(4),
                row.getBoolean(7),
                row.getString(8),
                row.getBoolean(9),
                identity));
    }

    private static void key(Draft draft, ResultSet row) throws SQLException {
        List<String> columns = strings(row.getArray(5));
        if (row.getBoolean(3)) {
            draft.primaryKey = columns;
            draft.deferrableKey = !row.getBoolean(4);
        } else {
            draft.uniqueKeys.add(new UniqueKey(row.getString(2), columns));
        }
    }

    private static void foreignKey(Draft draft, ResultSet row) throws SQLException {
        ForeignKey key = new ForeignKey(
                row.getString(2),
                strings(row.getArray(5)),
                new TableId(row.getString(3), row.getString(4)),
                strings(row.getArray(6)),
                row.getString(7).equals("f"),
                row.getBoolean(8));
        draft.foreignKeys.add(new TargetForeignKey(
                key, action(row.getString(10)), action(row.getString(11)), row.getBoolean(9), row.getBoolean(12)));
    }

    private static String action(String code) {
        return switch (code) {
            case "r" -> "RESTRICT";
            case "c" -> "CASCADE";
            case "n" -> "SET NULL";
            case "d" -> "SET DEFAULT";
            default -> "NO ACTION";
        };
    }

    private void readWhetherRowsAreThere() throws SQLException {
        try (Statement query = connection.createStatement()) {
            for (Draft draft : drafts.values()) {
                if (draft.readable) {
                    try (ResultSet row =
                            query.executeQuery("SELECT EXISTS (SELECT 1 FROM " + Sql.quote(draft.id) + ")")) {
                        draft.holdsRows = row.next() && row.getBoolean(1);
                    }
                }
            }
        }
    }

    private static List<String> strings(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }
}
