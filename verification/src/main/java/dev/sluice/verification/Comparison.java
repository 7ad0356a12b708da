package dev.sluice.verification;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares the captured tables of a source with the target, row by row and value by value, while both are quiet: the writers are stopped and the
 * pipeline is drained. On a target that still moves, rows in flight are reported as differences.
 *
 * <p>Forward, rows of the source are read in chunks in its key order, as the producer converts them, and looked up in the target by key. Backward,
 * PostgreSQL finds the rows whose keys did not come by, with an anti-join against a temporary table of the session. The values of the target are read by code
 * of this module alone: a defect in the sink's conversions cannot agree with itself here. Memory is bounded by the chunk.
 *
 * <p>Rules that change values before they are published change them here as well. A NULL that the target's default stands for under {@code on-null: default} is equal to any value but NULL: what the
 * default was when the row was written nobody knows.
 *
 * <p>Writes nothing but that temporary table. Used by one thread.
 */
public final class Comparison {
    private final ChangeSource source;
    private final Connection target;
    private final String pipeline;
    private final ComparisonOptions options;

    /** Hears how far a comparison has come. */
    @FunctionalInterface
    public interface Listener {
        /** So many rows of the table's source side have been compared. */
        void compared(TableId table, long rows);
    }

    private Comparison(ChangeSource source, Connection target, String pipeline, ComparisonOptions options) {
        this.source = source;
        this.target = target;
        this.pipeline = pipeline;
        this.options = options;
    }

    /**
     * @param source opened; only its snapshots are read
     * @param target a session of its own in auto-commit mode; stays open
     * @param pipeline whose waiting rows and dead letters explain a difference
     */
    public static Comparison of(ChangeSource source, Connection target, String pipeline, ComparisonOptions options) {
        return new Comparison(source, target, pipeline, options);
    }

    /** Compares all captured tables, one behind the other. */
    public ComparisonReport run(Listener listener) {
        List<TableReport> reports = new ArrayList<>();
        for (CapturedTable table : source.tables()) {
            reports.add(compare(table, listener));
        }
        return new ComparisonReport(reports);
    }

    private TableReport compare(CapturedTable table, Listener listener) {
        TableId id = table.target().id();
        try (Statement session = target.createStatement()) {
            // Rather an error than rows that a policy hides.
            session.execute("SET row_security = off");
            return new TableComparison(source, table, target, new Explanations(target, pipeline), options)
                    .run(listener);
        } catch (SQLException e) {
            throw SluiceException.of(
                    ErrorKind.TARGET,
                    "table " + id + " of the target could not be compared: " + e.getMessage()
                            + "; the comparison needs SELECT on the table and TEMPORARY on the database",
                    e);
        }
    }
}
