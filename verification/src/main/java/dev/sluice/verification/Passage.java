package dev.sluice.verification;

import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.relational.TableId;
import java.util.List;

/** What a comparison asks of the running pipeline. Used by several threads. */
public interface Passage {
    /** Whether the pipeline runs, so that it can be asked. */
    boolean isOpen();

    /** Returns when the target has applied everything that the source holds at the moment of the call, in the lane of this table; how long it takes is the pipeline's business. */
    void awaitPresent(TableId table);

    /**
     * Has the producer say, in the order of the lane, what the source holds under these keys, and the sink note what the target holds at the same place; returns when both are known.
     *
     * @param keys as {@link dev.sluice.schemas.event.KeyText}; at most {@link dev.sluice.producers.api.ChangeSource#MAX_KEYS}
     * @return for each of the signals that it took: what the source held. What the target held stands in {@code sluice.compared} under the signal, until {@link #forget}
     */
    List<Moment> compare(TableId table, List<String> keys);

    /** The rows of a signal in {@code sluice.compared} are not needed any more. */
    void forget(String signal);

    /** Has the producer read these keys again and publish them, and returns when the target has applied that. */
    void refresh(TableId table, List<String> keys);

    /** The answer of one compare signal. */
    record Moment(String signal, Compared source) {}
}
