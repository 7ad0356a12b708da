package dev.sluice.cli.config;

import dev.sluice.streams.gate.OnOrphan;
import java.util.Optional;

/**
 * What is said about a foreign key of the target; empty where the next more general rule holds.
 *
 * @param enforcedBySource the source guarantees at commit that parents are there
 * @param onOrphan what becomes of rows without their parent
 */
public record ForeignKeySettings(Optional<Boolean> enforcedBySource, Optional<OnOrphan> onOrphan) {
    public static final ForeignKeySettings NONE = new ForeignKeySettings(Optional.empty(), Optional.empty());

    static ForeignKeySettings from(Section section) {
        Optional<Boolean> enforced = section.has("enforced-by-source")
                ? Optional.of(section.flag("enforced-by-source", false))
                : Optional.empty();
        ForeignKeySettings settings = new ForeignKeySettings(enforced, section.choice("on-orphan", OnOrphan.class));
        section.refuseOtherKeys();
        return settings;
    }
}
