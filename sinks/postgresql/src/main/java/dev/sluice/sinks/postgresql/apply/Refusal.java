package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.SqlStates;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * PostgreSQL's refusal of some row of a statement. It names the rule, never a value: PostgreSQL's own message and detail may hold values.
 *
 * @param reason stable code, lower-case-with-dashes
 * @param table in which the row was refused, where PostgreSQL says so
 */
record Refusal(
        String state,
        String reason,
        String message,
        @Nullable String column,
        @Nullable String constraint,
        @Nullable TableId table) {
    static final String FOREIGN_KEY = "23503";

    private static final Set<String> COLLISIONS = Set.of("23505", "23P01");
    private static final Set<String> ORDER_MATTERS = Set.of("23505", "23P01", FOREIGN_KEY, "21000", "23001");
    /** Data, integrity constraints, and what functions raise: those of defaults, checks, triggers and derived columns. */
    private static final Set<String> CLASSES = Set.of("22", "23", "P0", "2F", "38", "39");

    private static final Map<String, String> REASONS = Map.ofEntries(
            Map.entry("21000", "duplicate-key"),
            Map.entry("22001", "too-long"),
            Map.entry("22003", "out-of-range"),
            Map.entry("22007", "invalid-date"),
            Map.entry("22008", "date-out-of-range"),
            Map.entry("22012", "division-by-zero"),
            Map.entry("22021", "invalid-character"),
            Map.entry("22P02", "invalid-syntax"),
            Map.entry("22P05", "untranslatable-character"),
            Map.entry("23001", "referenced"),
            Map.entry("23502", "not-null"),
            Map.entry(FOREIGN_KEY, "foreign-key"),
            Map.entry("23505", "unique"),
            Map.entry("23514", "check"),
            Map.entry("23P01", "exclusion"),
            Map.entry("428C9", "generated"),
            Map.entry("44000", "check-option"),
            Map.entry("54000", "too-large"),
            Map.entry("P0001", "raised"));

    /** Whether a failure is about the rows, not about the connection, the tables or the statement. */
    static boolean isOne(SQLException failure) {
        String state = SqlStates.of(failure);
        return CLASSES.contains(state.length() < 2 ? state : state.substring(0, 2)) || REASONS.containsKey(state);
    }

    static Refusal of(SQLException failure) {
        String state = SqlStates.of(failure);
        String reason = REASONS.getOrDefault(state, reason(state));
        ServerErrorMessage server = failure instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
        String column = server == null ? null : server.getColumn();
        String constraint = server == null ? null : server.getConstraint();
        StringBuilder message = new StringBuilder("PostgreSQL refuses the row: ")
                .append(reason)
                .append(" (SQLSTATE ")
                .append(state);
        append(message, "column", column);
        append(message, "constraint", constraint);
        append(message, "table", server == null ? null : server.getTable());
        append(message, "type", server == null ? null : server.getDatatype());
        return new Refusal(state, reason, message.append(')').toString(), column, constraint, table(server));
    }

    private static String reason(String state) {
        if (state.startsWith("23")) {
            return "constraint";
        }
        return state.startsWith("22") ? "invalid-value" : "raised";
    }

    private static @Nullable TableId table(@Nullable ServerErrorMessage server) {
        String schema = server == null ? null : server.getSchema();
        String name = server == null ? null : server.getTable();
        return schema == null || name == null ? null : new TableId(schema, name);
    }

    /** The refusal of one of several rows, as each of them hears it. */
    Refusal among(int rows) {
        return rows == 1
                ? this
                : new Refusal(
                        state,
                        reason,
                        message + "; it was to be applied as one with " + (rows - 1)
                                + " others, of which one was refused",
                        column,
                        constraint,
                        table);
    }

    private static void append(StringBuilder message, String what, @Nullable String name) {
        if (name != null) {
            message.append(", ").append(what).append(' ').append(name);
        }
    }

    /** Whether another order of the same changes may be accepted. */
    boolean orderMatters() {
        return ORDER_MATTERS.contains(state);
    }

    /** Whether two rows may not be there together. */
    boolean isCollision() {
        return COLLISIONS.contains(state);
    }

    boolean isForeignKey() {
        return state.equals(FOREIGN_KEY);
    }
}
