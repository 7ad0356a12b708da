package dev.sluice.verification;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.schemas.relational.TableId;
import java.util.Set;

/**
 * One table to be compared.
 *
 * @param lane the lane that it belongs to
 * @param guarded whether its rows carry {@code _sluice_seq}
 * @param adopted whether it may hold rows that Sluice never wrote
 * @param masked columns whose values nobody may read
 */
public record TableTask(CapturedTable captured, String lane, boolean guarded, boolean adopted, Set<String> masked) {
    public TableTask {
        masked = Set.copyOf(masked);
    }

    public TableId id() {
        return captured.target().id();
    }
}
