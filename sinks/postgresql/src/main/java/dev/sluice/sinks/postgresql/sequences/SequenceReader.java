package dev.sluice.sinks.postgresql.sequences;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.Sql;
import java.math.BigDecimal;
import java.math.BigInteger;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads from {@code pg_catalog} which sequences give the columns of some tables their defaults: those that belong to a column (serial, identity), those that its default or its
 * domain's default names, and those that a default looks up by name when it is evaluated.
 */
final class SequenceReader {
    private static final String USES = """
            WITH RECURSIVE base(oid, type, typtype, typbasetype) AS (
              SELECT t.oid, t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type t
              UNION ALL
              SELECT b.oid, t.oid, t.typtype, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype
              WHERE b.typtype = 'd'),
            captured AS (
              SELECT c.oid, n.nspname, c.relname FROM unnest(?::text[], ?::text[]) AS w(nspname, relname)
              JOIN pg_catalog.pg_namespace n ON n.nspname = w.nspname
              JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.relname AND c.relkind IN ('r', 'p')),
            uses AS (
              SELECT d.refobjid AS relid, d.refobjsubid AS attnum, d.objid AS seq FROM pg_catalog.pg_depend d
              WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
                AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
              UNION
              SELECT e.adrelid, e.adnum, d.refobjid FROM pg_catalog.pg_attrdef e JOIN pg_catalog.pg_depend d ON d.objid = e.oid
              WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
              UNION
              SELECT a.attrelid, a.attnum, d.refobjid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_depend d ON d.objid = a.atttypid AND NOT a.atthasdef
              WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
              UNION
              SELECT e.adrelid, e.adnum, to_regclass(replace(m.found[1], '''''', ''''))::oid
              FROM captured t JOIN pg_catalog.pg_attrdef e ON e.adrelid = t.oid
              CROSS JOIN LATERAL regexp_match(pg_get_expr(e.adbin, e.adrelid),
                'nextval\\(\\(''((?:[^'']|'''')+)''::(?:text|character varying)\\)::regclass\\)') AS m(found))
            SELECT t.nspname, t.relname, a.attname, format_type(b.type, -1), sn.nspname, s.relname
            FROM uses u JOIN captured t ON t.oid = u.relid
            JOIN pg_catalog.pg_class s ON s.oid = u.seq AND s.relkind = 'S'
            JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid = u.relid AND a.attnum = u.attnum AND NOT a.attisdropped
            JOIN base b ON b.oid = a.atttypid AND b.typtype <> 'd'
            ORDER BY sn.nspname, s.relname, t.nspname, t.relname, a.attnum""";

    private static final String STATE = """
            SELECT q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle, v.last_value, v.is_called,
                   pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner)
            FROM %s v, pg_catalog.pg_class c JOIN pg_catalog.pg_sequence q ON q.seqrelid = c.oid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relname = ?""";

    private static final String NUMERIC = "numeric";
    private static final Map<String, Long> LAST =
            Map.of("smallint", (long) Short.MAX_VALUE, "integer", (long) Integer.MAX_VALUE, "bigint", Long.MAX_VALUE);
    private static final Map<String, Long> FIRST =
            Map.of("smallint", (long) Short.MIN_VALUE, "integer", (long) Integer.MIN_VALUE, "bigint", Long.MIN_VALUE);
    private static final Set<String> NUMBERS = Set.of("smallint", "integer", "bigint", NUMERIC);

    private final Connection connection;
    private final Map<TableId, Map<String, Long>> counters;

    /** @param counters the last values that the source has given out, by table and column of the target */
    SequenceReader(Connection connection, Map<TableId, Map<String, Long>> counters) {
        this.connection = connection;
        this.counters = counters;
    }

    private record Use(TableId table, String column, String type, TableId sequence) {}

    /** By sequence, then by column in the tables' order. */
    List<SequenceUse> read(Collection<TableId> tables) throws SQLException {
        Map<TableId, List<Use>> bySequence = new LinkedHashMap<>();
        for (Use use : uses(tables)) {
            bySequence.computeIfAbsent(use.sequence(), id -> new ArrayList<>()).add(use);
        }
        List<SequenceUse> found = new ArrayList<>();
        for (Map.Entry<TableId, List<Use>> entry : bySequence.entrySet()) {
            SequenceState state = state(entry.getKey());
            List<SequenceUse.Column> columns = new ArrayList<>();
            for (Use use : entry.getValue()) {
                columns.add(column(use, state.ascends()));
            }
            found.add(new SequenceUse(state, columns));
        }
        return found;
    }

    private List<Use> uses(Collection<TableId> tables) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(USES)) {
            query.setArray(1, texts(tables.stream().map(TableId::schema)));
            query.setArray(2, texts(tables.stream().map(TableId::name)));
            try (ResultSet rows = query.executeQuery()) {
                List<Use> uses = new ArrayList<>();
                while (rows.next()) {
                    uses.add(new Use(
                            new TableId(rows.getString(1), rows.getString(2)),
                            rows.getString(3),
                            rows.getString(4),
                            new TableId(rows.getString(5), rows.getString(6))));
                }
                return uses;
            }
        }
    }

    private Array texts(Stream<String> texts) throws SQLException {
        return connection.createArrayOf("text", texts.toArray());
    }

    SequenceState state(TableId id) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(STATE.formatted(Sql.quote(id)))) {
            query.setString(1, id.schema());
            query.setString(2, id.name());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return new SequenceState(
                        id,
                        row.getLong(1),
                        row.getLong(2),
                        row.getLong(3),
                        row.getLong(4),
                        row.getBoolean(5),
                        row.getLong(6),
                        row.getBoolean(7),
                        row.getBoolean(8),
                        row.getString(9));
            }
        }
    }

    private SequenceUse.Column column(Use use, boolean ascending) throws SQLException {
        boolean number = NUMBERS.contains(use.type());
        Long limit = (ascending ? LAST : FIRST).get(use.type());
        return new SequenceUse.Column(
                use.table(),
                use.column(),
                use.type(),
                number,
                limit == null ? null : BigInteger.valueOf(limit),
                number ? furthest(use, ascending) : null,
                counters.getOrDefault(use.table(), Map.of()).get(use.column()));
    }

    /** In a form that an index answers; a numeric column may hold what is no number to count from. */
    private @Nullable BigDecimal furthest(Use use, boolean ascending) throws SQLException {
        String column = Sql.quote(use.column());
        String sql = "SELECT " + (ascending ? "max(" : "min(") + column + ") FROM " + Sql.quote(use.table());
        if (use.type().equals(NUMERIC)) {
            sql += " WHERE " + column + " < 'Infinity' AND " + column + " > '-Infinity'";
        }
        try (Statement query = connection.createStatement();
                ResultSet row = query.executeQuery(sql)) {
            return row.next() ? row.getBigDecimal(1) : null;
        }
    }
}
