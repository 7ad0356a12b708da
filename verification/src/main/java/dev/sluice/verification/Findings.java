package dev.sluice.verification;

import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Optional;

/** Reads what comparisons found from schema {@code sluice}; changes nothing. */
public final class Findings {
    private final TargetSessions target;
    private final String pipeline;

    public Findings(TargetSessions target, String pipeline) {
        this.target = target;
        this.pipeline = pipeline;
    }

    /** A comparison as it stands. */
    public Optional<Result> read(long id) {
        throw new UnsupportedOperationException(pipeline + target + id);
    }

    /**
     * Keys of a table that are not equal at present, in the order of their texts.
     *
     * @param after the last one of the page before; empty for the first page
     */
    public List<Difference> page(long id, TableId table, String after, int limit) {
        throw new UnsupportedOperationException(pipeline + target + id + table + after + limit);
    }
}
