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
 * @param covered columns for which a check in SQL stands, where a rule changed their values
 */
public record TableTask(
        CapturedTable captured,
        String lane,
        boolean guarded,
        boolean adopted,
        Set<String> masked,
        Set<String> covered) {
    public TableTask {
        masked = Set.copyOf(masked);
        covered = Set.copyOf(covered);
    }

    /** No check stands for anything. */
    public TableTask(CapturedTable captured, String lane, boolean guarded, boolean adopted, Set<String> masked) {
        this(captured, lane, guarded, adopted, masked, Set.of());
    }

    /** The same task with its table in another shape. */
    TableTask with(CapturedTable other) {
        return new TableTask(other, lane, guarded, adopted, masked, covered);
    }

    public TableId id() {
        return captured.target().id();
    }
}
