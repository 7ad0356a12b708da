package dev.sluice.producers.api;

import java.time.ZoneId;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a column's values on their way. {@code reject} makes a dead letter of the row; what changes a value is counted, and loses what the source holds. A source that has the
 * same value again gives the same result again, so source and target compare equal.
 *
 * @param choices what is said, by its kind; of others the kind's first constant holds
 * @param map what stands for a value, by the source's text for it; null for NULL
 * @param timeZone of times of day that stand in the source without an offset; empty for UTC
 */
public record ValueRules(
        Map<Class<? extends ValueRules.Choice>, ValueRules.Choice> choices,
        Map<String, @Nullable String> map,
        Optional<ZoneId> timeZone) {
    /** Nothing is lost unless somebody says so; a NULL says less than the default that the target declares. */
    public static final ValueRules DEFAULT = new ValueRules(Map.of(), Map.of(), Optional.empty());

    /** One of a rule's constants; the first is the default. */
    public sealed interface Choice
            permits OnNull,
                    OnTooLong,
                    OnNul,
                    OnOutOfRange,
                    OnInvalid,
                    OnEmpty,
                    OnJsonNull,
                    OnTooPrecise,
                    OnFraction,
                    Case,
                    OnUnmapped {
        String name();
    }

    /** NULL where the target has NOT NULL and a default. The sink's business: PostgreSQL evaluates the default. */
    public enum OnNull implements Choice {
        DEFAULT,
        REJECT
    }

    /** More characters than {@code varchar(n)} or {@code char(n)} holds. */
    public enum OnTooLong implements Choice {
        REJECT,
        TRUNCATE
    }

    /** The character NUL in text and JSON. */
    public enum OnNul implements Choice {
        REJECT,
        REMOVE
    }

    /** Numbers outside {@code smallint}, {@code integer}, {@code bigint}, {@code numeric(p,s)} and {@code real}. */
    public enum OnOutOfRange implements Choice {
        REJECT,
        CLAMP,
        NULL
    }

    /** A value that is none of the target's type, such as text that is no uuid. */
    public enum OnInvalid implements Choice {
        REJECT,
        NULL
    }

    /** The text without characters. */
    public enum OnEmpty implements Choice {
        KEEP,
        NULL
    }

    /** The document {@code null}, which PostgreSQL tells from NULL. */
    public enum OnJsonNull implements Choice {
        KEEP,
        NULL
    }

    /** More digits than the target's number or {@code timestamp(n)} holds. */
    public enum OnTooPrecise implements Choice {
        REJECT,
        /** To the nearest, half away from zero; of times half to the later. */
        ROUND
    }

    /** Digits of a second beyond microseconds. */
    public enum OnFraction implements Choice {
        TRUNCATE,
        /** To the nearest, half to the later. */
        ROUND,
        REJECT
    }

    /** Of the letters of a text, before it is looked up in {@link ValueRules#map}. */
    public enum Case implements Choice {
        KEEP,
        LOWER,
        UPPER
    }

    /** A value that is not in {@link ValueRules#map}. */
    public enum OnUnmapped implements Choice {
        KEEP,
        REJECT,
        NULL
    }

    public ValueRules {
        choices = Map.copyOf(choices);
        map = Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }

    /** The name by which the configuration knows a kind of choice, e.g. {@code on-too-long}. */
    public static String key(Class<? extends Choice> kind) {
        return kind.getSimpleName().replaceAll("(?<=.)(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    /** The same rules with one more, or another, choice. */
    public ValueRules with(Choice choice) {
        Map<Class<? extends Choice>, Choice> more = new HashMap<>(choices);
        more.put(choice.getClass(), choice);
        return new ValueRules(more, map, timeZone);
    }

    public ValueRules withMap(Map<String, @Nullable String> other) {
        return new ValueRules(choices, other, timeZone);
    }

    public ValueRules withTimeZone(ZoneId zone) {
        return new ValueRules(choices, map, Optional.of(zone));
    }

    /** What holds, said or not. */
    public <C extends Enum<C> & Choice> C of(Class<C> kind) {
        Choice said = choices.get(kind);
        return said == null ? kind.getEnumConstants()[0] : kind.cast(said);
    }
}
