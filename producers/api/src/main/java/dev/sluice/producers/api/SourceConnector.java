package dev.sluice.producers.api;

import dev.sluice.runtime.Finding;
import java.util.List;
import java.util.Optional;

/** What the commands need of a kind of source: look at it, prepare it, follow it, leave it as it was. */
public interface SourceConnector {
    /** A stable name of the kind, e.g. {@code sqlite}. */
    String kind();

    /**
     * The source's tables, by name; Sluice's own are left out. Changes nothing.
     *
     * @throws dev.sluice.runtime.SluiceException kind {@code SOURCE} when it cannot be read
     */
    List<SourceTable> tables();

    /** Proposed target columns for a table, from its declared types and its stored values. Changes nothing. */
    List<ProposedColumn> propose(SourceTable table);

    /** How far the source has counted the keys that it gives out itself; empty where it keeps no account. Changes nothing. */
    default List<SourceCounter> counters() {
        return List.of();
    }

    /** Every problem of capturing these tables, all at once. Changes nothing. */
    List<Finding> check(List<CapturedTable> tables);

    /** The incarnation whose capture stands in the source; empty when a pipeline of this name is not prepared there. Changes nothing. */
    Optional<String> pipelineId(String pipeline);

    /**
     * Sets up the capture for an incarnation of a pipeline. Idempotent.
     *
     * @param dryRun only say what would be done
     * @return what was (or would be) done, one line each; empty when everything stands already
     */
    List<String> prepare(List<CapturedTable> tables, String pipeline, String pipelineId, boolean dryRun);

    /** Takes everything of a pipeline out again. Idempotent; returns what was (or would be) done. */
    List<String> remove(String pipeline, boolean dryRun);

    /** A source that follows these tables; not yet opened. */
    ChangeSource source(List<CapturedTable> tables, String pipeline, String pipelineId);
}
