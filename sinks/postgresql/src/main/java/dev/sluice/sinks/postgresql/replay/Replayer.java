package dev.sluice.sinks.postgresql.replay;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.SinkSettings;
import dev.sluice.sinks.postgresql.apply.BatchApplier;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.apply.LaneCursor;
import dev.sluice.sinks.postgresql.database.Sql;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.ordered.LanePosition;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Works off the replay of a lane, step by step, while nothing else is applied. {@code sluice.replays} says how far it is, so that any sink of the lane goes on with it:
 *
 * <pre>
 * asked ──> indexing: what of [from, H] still shows goes to sluice.replay_rows; H is where the lane stands
 *             │  ^
 *             v  │ the server has lost replay_rows, which is not logged
 *           applying: upserts, parents first; then deletes, children first ──> done
 * </pre>
 *
 * Every step is one transaction that locks the lane's cursor. What is applied is guarded as always: no row is moved back, and no deleted one comes back. Not thread-safe.
 */
public final class Replayer implements AutoCloseable {
    private final SinkSettings settings;
    private final TargetDatabase database;
    private final LaneCursor cursor;
    private final BatchApplier applier;
    private final FaultPoints faults;
    private final Indexing indexing;
    private final Applying applying;

    public Replayer(
            SinkSettings settings,
            TargetDatabase database,
            LaneCursor cursor,
            BatchApplier applier,
            SchemaRegistry registry,
            Map<String, Object> kafka,
            FaultPoints faults) {
        this.settings = settings;
        this.database = database;
        this.cursor = cursor;
        this.applier = applier;
        this.faults = faults;
        this.indexing = new Indexing(settings, applier, registry, kafka, faults);
        this.applying = new Applying(settings, applier, registry, faults);
    }

    /** Whether somebody asked for a replay of a lane that has not ended. */
    public static boolean isUnderWay(Connection connection, String pipeline, String lane) throws SQLException {
        return ReplayRow.underWay(connection, pipeline, lane).isPresent();
    }

    /** What a step has come to. */
    public enum Step {
        MORE,
        /** Kafka has given nothing. */
        WAITING,
        PAUSED,
        ENDED
    }

    /** One transaction. May be repeated when it fails. */
    public Step step() throws SQLException {
        try {
            return database.transactOnce(this::step);
        } catch (SQLException | RuntimeException | Error e) {
            // Whether it was committed is for the next step to see.
            indexing.forgetPlace();
            applying.begin();
            throw e;
        }
    }

    private Step step(Connection connection) throws SQLException {
        faults.before("replay lock");
        LanePosition end = cursor.lock(connection);
        if (cursor.paused() != null) {
            return Step.PAUSED;
        }
        Optional<ReplayRow> found = ReplayRow.underWay(connection, settings.pipeline(), settings.lane());
        if (found.isEmpty()) {
            return Step.ENDED;
        }
        ReplayRow row = found.get();
        ReplayIndex index = new ReplayIndex(settings.pipeline(), row.id());
        Step step = Step.MORE;
        if (!index.isThere(connection) || row.state() == ReplayRow.State.ASKED) {
            faults.before("replay begin");
            requirePlace(row, end);
            index.begin(connection);
            row.index(connection, end);
            applying.begin();
        } else if (row.state() == ReplayRow.State.INDEXING) {
            step = index(connection, end.pipelineId(), row, index);
        } else {
            applying.step(connection, row, index);
        }
        faults.before("replay commit");
        return step;
    }

    /** A cursor that was put somewhere by hand, or by a migration, knows no record until the first batch is applied. */
    private void requirePlace(ReplayRow row, LanePosition end) {
        if (end.offset() < 0 && row.from() <= end.sequence()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the lane stands at sequence " + end.sequence() + ", but not at a record of topic "
                            + settings.topic() + ". Replay when it has applied something");
        }
    }

    private Step index(Connection connection, String pipelineId, ReplayRow row, ReplayIndex index) throws SQLException {
        if (row.hasMore()) {
            return indexing.step(connection, pipelineId, row, index) ? Step.MORE : Step.WAITING;
        }
        faults.before("replay indexed");
        if (row.truncates()) {
            truncate(connection, row, index);
        }
        row.apply(connection, index.size(connection));
        applying.begin();
        return Step.MORE;
    }

    /** Once: after the index was lost, what was applied since stays. What would only delete from the empty tables is left out, for not every row says that it is newer. */
    private void truncate(Connection connection, ReplayRow row, ReplayIndex index) throws SQLException {
        index.removeDeletes(
                connection,
                row.tables().stream()
                        .filter(name -> !applier.isGuarded(TableId.parse(name)))
                        .toList());
        if (row.truncated()) {
            return;
        }
        requireFits(index.shapes(connection));
        faults.before("replay truncate");
        String tables = new TreeSet<>(row.tables())
                .stream().map(name -> Sql.quote(TableId.parse(name))).collect(Collectors.joining(", "));
        try (Statement statement = connection.createStatement()) {
            statement.execute("TRUNCATE " + tables);
        }
    }

    /** Events that no longer fit their tables would leave them empty, and the lane could never go on. */
    private void requireFits(List<ReplayIndex.Stored> shapes) {
        try {
            applier.requireFits(applying.decode(shapes));
        } catch (SluiceException e) {
            throw SluiceException.of(
                    e.kind(),
                    "nothing was emptied, for events in topic " + settings.topic()
                            + " could not fill the tables again (sluice backfill reads them from the source): "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * Gives up the replay that is under way, so that the lane can go on.
     *
     * @return why it must not go on: tables were emptied and are not filled again. Empty when it may
     */
    public Optional<SluiceException> giveUp(SluiceException failure) throws SQLException {
        return database.transactOnce(connection -> {
            cursor.lock(connection);
            Optional<ReplayRow> found = ReplayRow.underWay(connection, settings.pipeline(), settings.lane());
            if (found.isEmpty()) {
                return Optional.empty();
            }
            if (found.get().truncated()) {
                return Optional.of(unfilled(found.get(), failure));
            }
            new ReplayIndex(settings.pipeline(), found.get().id()).clear(connection);
            found.get().failed(connection, failure.kind().name(), String.valueOf(failure.getMessage()));
            return Optional.empty();
        });
    }

    private static SluiceException unfilled(ReplayRow row, SluiceException failure) {
        return SluiceException.of(
                failure.kind(),
                "replay " + row.id() + " has emptied " + new TreeSet<>(row.tables())
                        + " and cannot fill them. The lane stops, so that nothing new is applied beside missing rows; when this is put right, start the sink again, and the replay goes on: "
                        + failure.getMessage(),
                failure);
    }

    @Override
    public void close() {
        indexing.close();
    }
}
