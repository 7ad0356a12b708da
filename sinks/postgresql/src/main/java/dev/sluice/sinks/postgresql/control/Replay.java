package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.schemas.relational.TableId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A replay of a lane, as {@code sluice.replays} has it.
 *
 * @param state {@code asked}, {@code indexing}, {@code applying}, {@code done} or {@code failed}
 * @param done of {@code total}: sequences while it is indexing, later rows
 * @param total 0 where that is not known yet
 * @param refused rows that became dead letters
 * @param failure of a failed one: what an operator can act on
 * @param message why it failed
 */
public record Replay(
        long id,
        String lane,
        long from,
        SortedSet<TableId> tables,
        boolean truncates,
        String state,
        long done,
        long total,
        long refused,
        @Nullable ErrorKind failure,
        @Nullable String message,
        String askedBy,
        Instant askedAt) {
    private static final String COLUMNS = """
            SELECT id, lane, from_sequence, tables, truncates, state,
              CASE WHEN state IN ('asked', 'indexing') THEN greatest(indexed - from_sequence + 1, 0) ELSE applied END,
              coalesce(CASE WHEN state = 'indexing' THEN greatest(high_sequence - from_sequence + 1, 0) ELSE total END, 0),
              refused, failure, message, asked_by, asked_at FROM sluice.replays WHERE pipeline = ?""";
    /** Takes the pipeline. */
    static final String UNDER_WAY = COLUMNS + " AND state IN ('asked', 'indexing', 'applying') ORDER BY lane";
    /** Takes the pipeline and some numbers. */
    static final String BY_ID = COLUMNS + " AND id = ANY (?) ORDER BY lane";

    static Replay read(ResultSet row) throws SQLException {
        String failure = row.getString(10);
        return new Replay(
                row.getLong(1),
                row.getString(2),
                row.getLong(3),
                Arrays.stream((String[]) row.getArray(4).getArray())
                        .map(TableId::parse)
                        .collect(Collectors.toCollection(TreeSet::new)),
                row.getBoolean(5),
                row.getString(6),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9),
                failure == null ? null : ErrorKind.valueOf(failure),
                row.getString(11),
                row.getString(12),
                row.getObject(13, OffsetDateTime.class).toInstant());
    }

    public boolean isUnderWay() {
        return !isDone() && !isFailed();
    }

    public boolean isDone() {
        return state.equals("done");
    }

    public boolean isFailed() {
        return state.equals("failed");
    }

    /** {@code indexing 5 of 90 sequences}. */
    public String progress() {
        return switch (state) {
            case "indexing" -> "indexing " + done + " of " + total + " sequences";
            case "applying" -> "applying " + done + " of " + total + " rows";
            default -> state;
        };
    }
}
