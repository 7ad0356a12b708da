package dev.sluice.cli.config;

import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import java.util.Optional;

/** What is said about a column's values that PostgreSQL would not accept; empty where nothing is. */
public record ValueSettings(
        Optional<OnNull> onNull,
        Optional<OnTooLong> onTooLong,
        Optional<OnNul> onNul,
        Optional<OnOutOfRange> onOutOfRange) {
    public static final ValueSettings NONE =
            new ValueSettings(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    static ValueSettings from(Section section) {
        return new ValueSettings(
                section.choice("on-null", OnNull.class),
                section.choice("on-too-long", OnTooLong.class),
                section.choice("on-nul", OnNul.class),
                section.choice("on-out-of-range", OnOutOfRange.class));
    }

    public ValueRules rules() {
        ValueRules defaults = ValueRules.DEFAULT;
        return new ValueRules(
                onNull.orElse(defaults.onNull()),
                onTooLong.orElse(defaults.onTooLong()),
                onNul.orElse(defaults.onNul()),
                onOutOfRange.orElse(defaults.onOutOfRange()));
    }
}
