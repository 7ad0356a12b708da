package dev.sluice.sinks.postgresql.apply;

import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import java.util.List;

/** Asks the source to read rows again; what comes of it travels through the log like every other change. Called by the sinks' threads. */
@FunctionalInterface
public interface Refreshes {
    /** Nobody can be asked. */
    Refreshes NONE = (table, keys) -> {};

    /**
     * Returns when the request cannot be lost any more. Requests are answered in their order; asking twice does no harm.
     *
     * @param keys as {@code KeyText} gives them
     * @throws SluiceException when it could not be handed over; some may have been
     */
    void ask(TableId table, List<String> keys);
}
