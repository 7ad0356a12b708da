package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.Sql;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Asks the sinks of a pipeline for replays. A lane has one at a time; the lane's sink works it off, now or when it runs. */
public final class Replays {
    private final TargetDatabase database;
    private final String pipeline;

    public Replays(TargetDatabase database, String pipeline) {
        this.database = database;
        this.pipeline = pipeline;
    }

    /**
     * A range of a lane, up to where the lane stands when its sink begins.
     *
     * @param from the first sequence
     * @param truncates the tables are emptied first
     */
    public record Request(String lane, long from, SortedSet<TableId> tables, boolean truncates) {
        public Request {
            tables = new TreeSet<>(tables);
        }

        private boolean isOf(Replay replay) {
            return replay.from() == from && replay.tables().equals(tables) && replay.truncates() == truncates;
        }
    }

    /** @throws SluiceException of kind REFUSED when the pipeline is not prepared, or by an older version */
    public void requirePrepared() {
        database.inTransactionDo(
                connection -> new ControlRows(connection, pipeline).require(ControlSchema.WITH_REPLAYS));
    }

    /**
     * All or none. One that is under way already with the same words is not asked for again.
     *
     * @return the replays' numbers
     * @throws SluiceException of kind REFUSED when another replay of a lane is under way
     */
    public List<Long> ask(Collection<Request> requests) {
        return database.inTransaction(connection -> {
            new ControlRows(connection, pipeline).require(ControlSchema.WITH_REPLAYS);
            List<Long> ids = new ArrayList<>();
            for (Request request : requests) {
                insert(connection, request);
                ids.add(underWay(connection, request).id());
            }
            return ids;
        });
    }

    private void insert(Connection connection, Request request) throws SQLException {
        String sql = """
                INSERT INTO sluice.replays (pipeline, lane, from_sequence, tables, truncates, indexed) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (pipeline, lane) WHERE state IN ('asked', 'indexing', 'applying') DO NOTHING""";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, pipeline);
            insert.setString(2, request.lane());
            insert.setLong(3, request.from());
            insert.setArray(
                    4,
                    connection.createArrayOf(
                            "text",
                            request.tables().stream().map(TableId::toString).toArray(String[]::new)));
            insert.setBoolean(5, request.truncates());
            insert.setLong(6, request.from() - 1);
            insert.executeUpdate();
        }
    }

    private Replay underWay(Connection connection, Request request) throws SQLException {
        Replay found = new ControlRows(connection, pipeline)
                .list(Replay.UNDER_WAY, Replay::read).stream()
                        .filter(replay -> replay.lane().equals(request.lane()))
                        .findFirst()
                        .orElseThrow(() -> SluiceException.of(
                                ErrorKind.REFUSED,
                                "a replay of lane " + request.lane() + " has just ended; run it again"));
        if (!request.isOf(found)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "lane " + request.lane() + " has another replay under way, from sequence " + found.from()
                            + (found.truncates() ? " with --truncate" : "") + " of " + found.tables()
                            + ", asked for by "
                            + found.askedBy() + " at " + found.askedAt() + ", " + found.progress()
                            + ". Wait for its end; the same command attaches to it");
        }
        return found;
    }

    public List<Replay> read(Collection<Long> ids) {
        return database.withConnection(connection -> {
            try (PreparedStatement query = connection.prepareStatement(Replay.BY_ID)) {
                query.setString(1, pipeline);
                query.setArray(2, connection.createArrayOf("bigint", ids.toArray(Long[]::new)));
                return ControlRows.read(query, Replay::read);
            }
        });
    }

    /** Captured tables whose rows do not say of which event they are. */
    public SortedSet<TableId> unguarded() {
        return database.inTransaction(connection -> new TreeSet<>(new ControlRows(connection, pipeline)
                .list(
                        "SELECT table_name FROM sluice.tables WHERE pipeline = ? AND guard = 'none'",
                        row -> TableId.parse(row.getString(1)))));
    }

    /** @throws SluiceException of kind TARGET that names those of some tables that may not be emptied */
    public void requireTruncatable(Collection<TableId> tables) {
        database.inTransactionDo(connection -> {
            List<TableId> forbidden = new ArrayList<>();
            String user = "";
            String sql = "SELECT current_user, has_table_privilege(?, 'TRUNCATE')";
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                for (TableId table : tables) {
                    query.setString(1, Sql.quote(table));
                    try (ResultSet row = query.executeQuery()) {
                        row.next();
                        user = row.getString(1);
                        if (!row.getBoolean(2)) {
                            forbidden.add(table);
                        }
                    }
                }
            }
            if (!forbidden.isEmpty()) {
                throw SluiceException.of(
                        ErrorKind.TARGET,
                        "user " + user + " may not TRUNCATE " + forbidden
                                + ", which is no privilege that other commands need. GRANT it, or replay without --truncate");
            }
        });
    }
}
