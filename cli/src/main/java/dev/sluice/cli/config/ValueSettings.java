package dev.sluice.cli.config;

import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.Case;
import dev.sluice.producers.api.ValueRules.Choice;
import dev.sluice.producers.api.ValueRules.OnEmpty;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.producers.api.ValueRules.OnJsonNull;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.producers.api.ValueRules.OnTooPrecise;
import dev.sluice.producers.api.ValueRules.OnUnmapped;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what is said about values. */
final class ValueSettings {
    private ValueSettings() {}

    /** Of one column. */
    static ValueRules of(Section section) {
        ValueRules rules = choice(section, Case.class, choice(section, OnUnmapped.class, choices(section)));
        rules = rules.withMap(map(section.section("map")));
        Optional<ZoneId> zone = timeZone(section);
        return zone.isPresent() ? rules.withTimeZone(zone.get()) : rules;
    }

    /** Of local times; never the machine's own. */
    static Optional<ZoneId> timeZone(Section section) {
        return section.optional("time-zone", text -> {
            try {
                return ZoneId.of(text);
            } catch (DateTimeException e) {
                throw new IllegalArgumentException(
                        "expected a time zone such as Europe/Berlin, UTC or an offset such as +04:00", e);
            }
        });
    }

    /** Of every column about which nothing is said. */
    static ValueRules everywhere(Section section, Optional<ZoneId> timeZone) {
        ValueRules rules = choices(section);
        section.refuseOtherKeys();
        return timeZone.isPresent() ? rules.withTimeZone(timeZone.get()) : rules;
    }

    private static ValueRules choices(Section section) {
        ValueRules rules = ValueRules.DEFAULT;
        rules = choice(section, OnNull.class, rules);
        rules = choice(section, OnInvalid.class, rules);
        rules = choice(section, OnEmpty.class, rules);
        rules = choice(section, OnJsonNull.class, rules);
        rules = choice(section, OnTooLong.class, rules);
        rules = choice(section, OnNul.class, rules);
        rules = choice(section, OnOutOfRange.class, rules);
        rules = choice(section, OnFraction.class, rules);
        return choice(section, OnTooPrecise.class, rules);
    }

    private static <C extends Enum<C> & Choice> ValueRules choice(Section section, Class<C> kind, ValueRules rules) {
        Optional<C> said = section.choice(ValueRules.key(kind), kind);
        return said.isPresent() ? rules.with(said.get()) : rules;
    }

    private static Map<String, @Nullable String> map(Section section) {
        Map<String, @Nullable String> map = new LinkedHashMap<>();
        for (String from : section.keys()) {
            if (section.isNull(from)) {
                map.put(from, null);
            } else if (section.has(from)) {
                section.text(from).ifPresent(to -> map.put(from, to));
            } else {
                section.problem(
                        from, "expected the value that stands for it, '' for empty text or null, found nothing");
            }
        }
        return map;
    }
}
