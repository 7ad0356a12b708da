package dev.sluice.cli.binding;

import dev.sluice.producers.api.ColumnRules;
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
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Tells which rules one column of the target can keep. */
final class RuleFit {
    /** What can be said of a column by whose NULL a row refers to nothing. */
    private static final Set<Class<? extends Choice>> FOR_REFERENCES = Set.of(OnInvalid.class, OnEmpty.class);

    private static final String TEXT_OR_NATIVE = "holds text, or travels as text (enums, citext, arrays and the like)";

    private static final Map<Class<? extends Choice>, Concern> CONCERNS = Map.of(
            OnNull.class, new Concern(RuleFit::takesDefault, "is NOT NULL with a default"),
            OnTooLong.class,
                    new Concern(
                            c -> ColumnRules.length(c).isPresent(),
                            "is character varying(n) or character(n) itself, not by a domain"),
            OnNul.class, new Concern(ColumnRules::holdsText, "holds text or JSON"),
            OnOutOfRange.class,
                    new Concern(ColumnRules::isBounded, "is smallint, integer, bigint, numeric(p,s) or real"),
            OnJsonNull.class, new Concern(c -> c.type() == LogicalType.JSON, "is json or jsonb"),
            OnTooPrecise.class,
                    new Concern(
                            ColumnRules::isPrecise,
                            "is smallint, integer, bigint, numeric(p,s), real, double precision, or a timestamp or time of fewer digits than six"),
            OnFraction.class,
                    new Concern(c -> isTimestamp(c) || c.type() == LogicalType.TIME, "is a timestamp or a time"),
            Case.class, new Concern(RuleFit::isText, TEXT_OR_NATIVE));

    private final Column column;
    private final KeyPart key;
    private final ValueRules said;

    /** What a column is to the foreign keys and primary keys of all tables. */
    enum KeyPart {
        NONE,
        /** By its values it is decided which row is meant. */
        KEY,
        /** Alone it refers to another row, and may be NULL. */
        NULLABLE_REFERENCE
    }

    private record Concern(Predicate<Column> fits, String text) {}

    /** Why a rule cannot be kept, and what to do. */
    record Misfit(String problem, String action) {}

    /** @param said all rules of the column */
    RuleFit(Column column, KeyPart key, ValueRules said) {
        this.column = column;
        this.key = key;
        this.said = said;
    }

    static boolean takesDefault(Column column) {
        return !column.nullable() && column.hasDefault();
    }

    /** A type of which every value in the source is a moment or a local time. */
    static boolean isTimestamp(Column column) {
        return column.type() == LogicalType.TIMESTAMP || column.type() == LogicalType.TIMESTAMPTZ;
    }

    private static boolean isText(Column column) {
        return column.type() == LogicalType.TEXT || column.type() == LogicalType.NATIVE;
    }

    /** What is said, in one order; about NULL first, because others ask what becomes of it. */
    static List<Choice> nullFirst(ValueRules rules) {
        return rules.choices().values().stream()
                .sorted(Comparator.comparing((Choice choice) -> !(choice instanceof OnNull))
                        .thenComparing(RuleFit::key))
                .toList();
    }

    /** Whether the column's key or foreign keys stand against a rule. */
    boolean isOfKey(Choice choice) {
        return key == KeyPart.KEY || (key == KeyPart.NULLABLE_REFERENCE && !FOR_REFERENCES.contains(choice.getClass()));
    }

    boolean isOfKey() {
        return key != KeyPart.NONE;
    }

    /** Of a rule that no key stands against. */
    Optional<Misfit> misfit(Choice choice) {
        Concern concern = CONCERNS.get(choice.getClass());
        if (concern != null && !concern.fits.test(column)) {
            return Optional.of(without(key(choice), concern.text));
        }
        return choice.name().equals("NULL") && !takesNull() ? Optional.of(notNull(key(choice))) : Optional.empty();
    }

    /** Of the map, of which there is something. */
    Optional<Misfit> misfitOfMap() {
        if (column.type() == LogicalType.BYTES) {
            return Optional.of(without("map", "holds no bytes"));
        }
        return said.map().containsValue(null) && !takesNull() ? Optional.of(notNull("map")) : Optional.empty();
    }

    /** Of the time zone, of which there is one. It says how a value is read and changes none, so keys have it too. */
    Optional<Misfit> misfitOfTimeZone() {
        return isTimestamp(column) ? Optional.empty() : Optional.of(without("time-zone", "is a timestamp"));
    }

    private boolean takesNull() {
        return column.nullable() || (column.hasDefault() && said.of(OnNull.class) == OnNull.DEFAULT);
    }

    private static Misfit without(String rule, String concerned) {
        return new Misfit(rule + " concerns a column that " + concerned, "remove " + rule + " there");
    }

    private static Misfit notNull(String rule) {
        return new Misfit(
                rule + ": null cannot be kept, because the column is NOT NULL and takes no default",
                "choose another value for " + rule + ", or allow NULL in the target");
    }

    private static String key(Choice choice) {
        return ValueRules.key(choice.getClass());
    }
}
