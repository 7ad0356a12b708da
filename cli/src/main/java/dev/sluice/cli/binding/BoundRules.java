package dev.sluice.cli.binding;

import dev.sluice.streams.gate.ForeignKeyRules;
import java.util.List;

/**
 * What the configuration says about the foreign keys that are kept in order.
 *
 * @param evicting names of those whose rows are read again from the source when their parent returns
 */
public record BoundRules(ForeignKeyRules rules, List<String> evicting) {
    public static final BoundRules NONE = new BoundRules(ForeignKeyRules.NONE, List.of());

    public BoundRules {
        evicting = List.copyOf(evicting);
    }
}
