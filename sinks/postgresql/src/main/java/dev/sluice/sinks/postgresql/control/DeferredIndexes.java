package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.Sql;
import dev.sluice.sinks.postgresql.database.SqlStates;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Indexes that are away while their table is loaded: {@code sluice.indexes}. Each is dropped, or made again, in the transaction that says so, so wherever a process
 * ends, what is recorded is what is missing.
 *
 * <p>Left alone is every index that something else relies on or that has properties its definition does not carry: unique ones and those of constraints, invalid and
 * partitioned ones, the replica identity and the one a table is clustered by, those with a tablespace, a comment, statistics targets or an owner of their own, and those
 * that lead with the columns of a foreign key, which deletes of parents need.
 */
public final class DeferredIndexes {
    private static final Logger LOG = LoggerFactory.getLogger(DeferredIndexes.class);
    private static final int LOCK_MILLIS = 2_000;

    private static final String CANDIDATES = """
            SELECT n.nspname, ic.relname, pg_get_indexdef(i.indexrelid)
            FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = ic.relnamespace
            JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
            WHERE i.indrelid = ?::regclass AND c.relkind = 'r' AND NOT c.relispartition AND ic.relkind = 'i' AND pg_has_role(c.relowner, 'USAGE')
              AND NOT i.indisunique AND NOT i.indisexclusion AND i.indisvalid AND i.indisready AND NOT i.indisreplident AND NOT i.indisclustered
              AND ic.reltablespace = 0 AND ic.relowner = c.relowner
              AND obj_description(i.indexrelid, 'pg_class') IS NULL
              AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indexrelid AND coalesce(a.attstattarget, -1) >= 0)
              AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint o WHERE o.conindid = i.indexrelid)
              AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.deptype IN ('e', 'i', 'x'))
              AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indexrelid)
              AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint o WHERE o.conrelid = i.indrelid AND o.contype = 'f' AND i.indkey[0] = ANY(o.conkey))
            ORDER BY 1, 2""";

    private DeferredIndexes() {}

    /**
     * One of them.
     *
     * @param schema of the index, which is the table's
     * @param definition as {@code pg_get_indexdef} gives it
     */
    public record Deferred(TableId table, String schema, String name, String definition) {}

    /** Drops what can be deferred of an empty table. When somebody holds a lock on the table nothing is deferred: a load is no reason to wait for that. */
    public static void defer(Connection connection, String pipeline, TableId table) throws SQLException {
        try (Statement control = connection.createStatement()) {
            control.execute("SAVEPOINT defer; SET LOCAL lock_timeout = " + LOCK_MILLIS);
            try {
                control.execute("LOCK TABLE " + Sql.quote(table) + " IN ACCESS EXCLUSIVE MODE");
                for (Deferred index : candidates(connection, table)) {
                    record(connection, pipeline, index);
                    control.execute("DROP INDEX " + Sql.quote(index.schema()) + "." + Sql.quote(index.name()));
                }
                control.execute("SET LOCAL lock_timeout = 0; RELEASE SAVEPOINT defer");
            } catch (SQLException e) {
                if (!SqlStates.of(e).equals(SqlStates.LOCK_NOT_AVAILABLE)
                        && !SqlStates.of(e).equals("42501")) {
                    throw e;
                }
                control.execute("ROLLBACK TO SAVEPOINT defer");
                LOG.info("Indexes of {} are not deferred: somebody uses the table, or it is not the user's own", table);
            }
        }
    }

    private static List<Deferred> candidates(Connection connection, TableId table) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(CANDIDATES)) {
            query.setString(1, Sql.quote(table));
            return ControlRows.read(
                    query, row -> new Deferred(table, row.getString(1), row.getString(2), row.getString(3)));
        }
    }

    private static void record(Connection connection, String pipeline, Deferred index) throws SQLException {
        String sql = "INSERT INTO sluice.indexes (pipeline, table_name, index_name, definition) VALUES (?, ?, ?, ?)"
                + " ON CONFLICT (pipeline, table_name, index_name) DO UPDATE SET definition = excluded.definition, deferred_at = now()";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, pipeline);
            insert.setString(2, index.table().toString());
            insert.setString(3, index.name());
            insert.setString(4, index.definition());
            insert.executeUpdate();
        }
    }

    /** Those of some tables. */
    public static List<Deferred> of(Connection connection, String pipeline, Collection<TableId> tables)
            throws SQLException {
        String sql = "SELECT table_name, index_name, definition FROM sluice.indexes"
                + " WHERE pipeline = ? AND table_name = ANY(?) ORDER BY table_name, index_name";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setArray(
                    2,
                    connection.createArrayOf(
                            "text", tables.stream().map(TableId::toString).toArray()));
            return ControlRows.read(query, row -> {
                TableId table = TableId.parse(row.getString(1));
                return new Deferred(table, table.schema(), row.getString(2), row.getString(3));
            });
        }
    }

    /** Makes one again and forgets it. One that cannot be made any more, because the table was altered or a row does not fit it, stays recorded, and a warning says so. */
    public static void rebuild(Connection connection, String pipeline, Deferred index) throws SQLException {
        try (Statement control = connection.createStatement()) {
            control.execute("SAVEPOINT rebuild");
            if (!exists(connection, index)) {
                try {
                    control.execute(index.definition());
                } catch (SQLException e) {
                    if (SqlStates.isTransient(e)) {
                        throw e;
                    }
                    control.execute("ROLLBACK TO SAVEPOINT rebuild");
                    LOG.warn(
                            "Index {} of {} cannot be made again: SQLSTATE {}. Its definition stands in sluice.indexes; make it by hand, then delete that row",
                            index.name(),
                            index.table(),
                            SqlStates.of(e));
                    return;
                }
            }
        }
        try (PreparedStatement delete = connection.prepareStatement(
                "DELETE FROM sluice.indexes WHERE pipeline = ? AND table_name = ? AND index_name = ?")) {
            delete.setString(1, pipeline);
            delete.setString(2, index.table().toString());
            delete.setString(3, index.name());
            delete.executeUpdate();
        }
    }

    /** Somebody may have made it by hand meanwhile. */
    static boolean exists(Connection connection, Deferred index) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT pg_get_indexdef(to_regclass(?)) IS NOT DISTINCT FROM ?")) {
            query.setString(1, Sql.quote(index.schema()) + "." + Sql.quote(index.name()));
            query.setString(2, index.definition());
            try (ResultSet row = query.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }
}
