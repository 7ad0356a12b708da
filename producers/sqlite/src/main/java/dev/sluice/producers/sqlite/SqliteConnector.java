package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.ProposedColumn;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.producers.api.SourceCounter;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A SQLite database as a source. Every command opens the file for itself and leaves no connection behind. Not thread-safe.
 *
 * <p>What capture means for the application: every write of a captured table also writes a row of the log in the same transaction;
 * {@code total_changes()} counts it; a captured column cannot be dropped while triggers name it.
 */
public final class SqliteConnector implements SourceConnector {
    static final String KIND = "sqlite";

    private static final Logger LOGGER = LoggerFactory.getLogger(SqliteConnector.class);

    private final SqliteSettings settings;
    private final InstantSource clock;

    /** Of all tables; made once, because every one needs its parents and children. */
    private @Nullable Map<String, List<ProposedColumn>> proposals;

    private SqliteConnector(SqliteSettings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
    }

    public static SqliteConnector of(SqliteSettings settings) {
        return of(settings, InstantSource.system());
    }

    public static SqliteConnector of(SqliteSettings settings, InstantSource clock) {
        return new SqliteConnector(settings, clock);
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public List<SourceTable> tables() {
        try (Session session = Session.reader(settings)) {
            return session.inRead(s -> {
                List<SourceTable> tables = new ArrayList<>();
                for (TableInfo table : Introspection.read(s).tables().values()) {
                    tables.add(table.toSourceTable(RowEstimate.of(s, table)));
                }
                return tables;
            });
        }
    }

    @Override
    public List<ProposedColumn> propose(SourceTable table) {
        if (proposals == null) {
            try (Session session = Session.reader(settings)) {
                proposals = Proposals.of(settings, session);
            }
        }
        List<ProposedColumn> proposed = proposals.get(table.name());
        if (proposed == null) {
            throw SluiceException.of(
                    ErrorKind.SOURCE,
                    "table " + table.name() + " is not in " + settings.file() + "; read the tables again");
        }
        return proposed;
    }

    @Override
    public List<SourceCounter> counters() {
        try (Session session = Session.reader(settings)) {
            return session.inRead(Counters::read);
        }
    }

    @Override
    public List<Finding> check(List<CapturedTable> tables) {
        return SourceCheck.of(settings, tables);
    }

    @Override
    public Optional<String> pipelineId(String pipeline) {
        try (Session session = Session.reader(settings)) {
            return session.inRead(s -> {
                CaptureState state = CaptureState.read(s, new Names(pipeline));
                return Optional.ofNullable(state.isPrepared() ? state.pipelineId() : null);
            });
        }
    }

    @Override
    public List<String> prepare(List<CapturedTable> tables, String pipeline, String pipelineId, boolean dryRun) {
        return change(
                dryRun,
                s -> Preparation.statements(s, settings.file().toString(), tables, pipeline, pipelineId),
                "Prepared capture of pipeline " + pipeline);
    }

    @Override
    public List<String> remove(String pipeline, boolean dryRun) {
        return change(dryRun, s -> Preparation.removal(s, pipeline), "Removed capture of pipeline " + pipeline);
    }

    @Override
    public ChangeSource source(List<CapturedTable> tables, String pipeline, String pipelineId) {
        return new SqliteSource(settings, tables, pipeline, pipelineId, clock);
    }

    /** Statements are worked out and run in one transaction, so nobody writes between and a failure leaves nothing behind. */
    private List<String> change(boolean dryRun, Session.Work<List<String>> work, String done) {
        try (Session session = Session.reader(settings)) {
            List<String> planned = session.inRead(work);
            if (dryRun || planned.isEmpty()) {
                return planned;
            }
        }
        try (Session session = Session.writer(settings.file(), settings.busyTimeout())) {
            List<String> statements = session.inWrite(s -> {
                List<String> found = work.run(s);
                for (String statement : found) {
                    s.execute(statement);
                }
                return found;
            });
            LOGGER.info("{} in {}: {} statements", done, settings.name(), statements.size());
            return statements;
        }
    }
}
