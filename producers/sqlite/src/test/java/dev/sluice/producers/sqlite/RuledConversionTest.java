package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.Marks;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.Case;
import dev.sluice.producers.api.ValueRules.Choice;
import dev.sluice.producers.api.ValueRules.OnEmpty;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.producers.api.ValueRules.OnJsonNull;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.producers.api.ValueRules.OnTooPrecise;
import dev.sluice.producers.api.ValueRules.OnUnmapped;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.producers.sqlite.StoredValue.RawText;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuledConversionTest {
    private static final byte[] BLOB = {1};
    private static final RawText BAD_UTF8 = new RawText(new byte[] {(byte) 0xff});

    private static final Map<LogicalType, String> NATIVE = Map.of(
            LogicalType.INT32, "integer",
            LogicalType.INT64, "bigint",
            LogicalType.TEXT, "text",
            LogicalType.JSON, "jsonb",
            LogicalType.UUID, "uuid",
            LogicalType.BOOLEAN, "boolean",
            LogicalType.TIMESTAMPTZ, "timestamp with time zone");

    private static ValueRules rules(Choice... choices) {
        ValueRules rules = ValueRules.DEFAULT;
        for (Choice choice : choices) {
            rules = rules.with(choice);
        }
        return rules;
    }

    /** The value and the rules that made it, or why there is none. */
    private static String convert(String nativeType, LogicalType type, ValueRules rules, Object stored) {
        Conversion conversion =
                Conversion.to(new Column("c", type, nativeType, true, false), rules, RealTimestamps.REFUSE);
        Marks marks = new Marks();
        try {
            Object value = conversion.convert(stored, marks);
            return value
                    + marks.all().stream()
                            .map(Transformed::rule)
                            .map(" "::concat)
                            .reduce("", String::concat);
        } catch (Refusal refusal) {
            return "refused " + refusal.reason();
        }
    }

    private static String convert(LogicalType type, ValueRules rules, Object stored) {
        return convert(NATIVE.getOrDefault(type, "x"), type, rules, stored);
    }

    @ParameterizedTest(name = "{0} of {1}")
    @CsvSource({
        "UUID, 'no uuid'",
        "UUID, ''",
        "JSON, '{\"a\": NaN}'",
        "JSON, ''",
        "INT32, 'x'",
        "BOOLEAN, 'maybe'",
        "TIMESTAMPTZ, 'yesterday'",
        "TIMESTAMPTZ, '2025-02-30'",
        "UUID, 7",
        "BOOLEAN, 2",
        "TIMESTAMPTZ, 50000000000"
    })
    void whatIsNoValueOfTheTypeBecomesNullWhereThatIsSaid(LogicalType type, String stored) {
        Object value = stored.matches("\\d+") ? Long.valueOf(stored) : stored;
        assertThat(convert(type, rules(OnInvalid.NULL), value)).isEqualTo("null invalid");
        assertThat(convert(type, rules(OnInvalid.REJECT), value)).startsWith("refused ");
    }

    @Test
    void bytesAndTextThatIsNotUtf8AreNoText() {
        assertThat(convert(LogicalType.TEXT, rules(OnInvalid.NULL), BLOB)).isEqualTo("null invalid");
        assertThat(convert(LogicalType.TEXT, rules(OnInvalid.NULL), BAD_UTF8)).isEqualTo("null invalid");
    }

    @Test
    void aValueThatOnlyDoesNotFitIsNotInvalid() {
        assertThat(convert(LogicalType.INT32, rules(OnInvalid.NULL), 1L << 40)).isEqualTo("refused out-of-range");
        assertThat(convert(LogicalType.INT32, rules(OnInvalid.NULL), 12.5)).isEqualTo("refused not-an-integer");
        assertThat(convert(LogicalType.INT32, rules(OnInvalid.NULL), "12.5")).isEqualTo("refused not-an-integer");
        assertThat(convert(LogicalType.TEXT, rules(OnInvalid.NULL), "a\0")).isEqualTo("refused nul-character");
        assertThat(convert(LogicalType.INT32, rules(OnInvalid.NULL), Double.POSITIVE_INFINITY))
                .isEqualTo("null invalid");
    }

    @Test
    void emptyTextBecomesNullBeforeItIsLookedAt() {
        ValueRules empty = rules(OnEmpty.NULL, OnInvalid.NULL);
        assertThat(convert(LogicalType.TEXT, empty, "")).isEqualTo("null empty");
        assertThat(convert(LogicalType.UUID, empty, "")).isEqualTo("null empty");
        assertThat(convert(LogicalType.TEXT, empty, " ")).isEqualTo(" ");
        assertThat(convert(LogicalType.TEXT, rules(OnEmpty.KEEP), "")).isEmpty();
        assertThat(convert(LogicalType.TEXT, rules(OnEmpty.NULL, OnNul.REMOVE), "\0"))
                .isEqualTo("null remove empty");
    }

    @Test
    void theDocumentNullBecomesNullWhereThatIsSaid() {
        ValueRules drop = rules(OnJsonNull.NULL);
        assertThat(convert(LogicalType.JSON, drop, "null")).isEqualTo("null json-null");
        assertThat(convert(LogicalType.JSON, drop, " null\n")).isEqualTo("null json-null");
        assertThat(convert(LogicalType.JSON, drop, "[null]")).isEqualTo("[null]");
        assertThat(convert(LogicalType.JSON, drop, "null null")).isEqualTo("refused invalid-json");
        assertThat(convert(LogicalType.JSON, drop, "\"null\"")).isEqualTo("\"null\"");
        assertThat(convert(LogicalType.JSON, rules(OnJsonNull.KEEP), "null")).isEqualTo("null");
        assertThat(convert(LogicalType.JSON, rules(OnJsonNull.KEEP), 5L)).isEqualTo("5");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "12.5, 13 round",
        "13.5, 14 round",
        "-12.5, -13 round",
        "-0.5, -1 round",
        "0.49999, 0 round",
        "-0.4, 0 round",
        "2147483646.5, 2147483647 round",
        "2147483647.5, refused out-of-range",
        "-2147483648.5, refused out-of-range",
        "12.0, 12"
    })
    void halfIsRoundedAwayFromZero(double stored, String expected) {
        assertThat(convert(LogicalType.INT32, rules(OnTooPrecise.ROUND), stored))
                .isEqualTo(expected);
        assertThat(convert(LogicalType.INT32, rules(OnTooPrecise.ROUND), Double.toString(stored)))
                .isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "1e3, 1000",
        "1.5e0, 2 round",
        "1e-999999999, 0 round",
        "9e999999999, refused out-of-range",
        "9223372036854775806.5, 9223372036854775807 round",
        "9223372036854775807.5, refused out-of-range",
        "1x, refused not-an-integer"
    })
    void textOfANumberIsRoundedTooAndNeverWrittenOut(String stored, String expected) {
        assertThat(convert(LogicalType.INT64, rules(OnTooPrecise.ROUND), stored))
                .isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "'numeric(4,2)', 1.005, 1.01 round",
        "'numeric(4,2)', -1.005, -1.01 round",
        "'numeric(4,2)', 1.5, 1.5",
        "'numeric(4,2)', 99.995, refused out-of-range",
        "'numeric(9,6)', 41.7200005, 41.720001 round",
        "'numeric(3,0)', 2.5, 3 round",
        "'numeric(3,-2)', 150, 200 round",
        "'numeric(2,2)', 0.001, 0.00 round"
    })
    void decimalsAreRoundedByTheirShortestNotation(String nativeType, double stored, String expected) {
        assertThat(convert(nativeType, LogicalType.DECIMAL, rules(OnTooPrecise.ROUND), stored))
                .isEqualTo(expected);
    }

    @Test
    void whatIsRoundedOutOfRangeIsClampedWhereThatIsSaid() {
        ValueRules both = rules(OnTooPrecise.ROUND, OnOutOfRange.CLAMP);
        assertThat(convert("numeric(4,2)", LogicalType.DECIMAL, both, 99.995)).isEqualTo("99.99 clamp");
        assertThat(convert(LogicalType.INT32, both, -2147483648.5)).isEqualTo("-2147483648 clamp");
    }

    @Test
    void floatingPointTakesTheNearestNumber() {
        long beyond = (1L << 53) + 1;
        assertThat(convert("double precision", LogicalType.FLOAT64, rules(OnTooPrecise.ROUND), beyond))
                .isEqualTo((double) (1L << 53) + " round");
        assertThat(convert("double precision", LogicalType.FLOAT64, rules(OnTooPrecise.ROUND), 1L << 53))
                .isEqualTo(Double.toString(1L << 53));
        assertThat(convert("double precision", LogicalType.FLOAT64, ValueRules.DEFAULT, beyond))
                .isEqualTo("refused not-exact");
        assertThat(convert("real", LogicalType.FLOAT32, rules(OnTooPrecise.ROUND), 0.123456789))
                .isEqualTo("0.12345679 round");
        assertThat(convert("real", LogicalType.FLOAT32, rules(OnTooPrecise.ROUND), 1e300))
                .isEqualTo("refused out-of-range");
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "timestamp(3) without time zone, TIMESTAMP, '1970-01-01 00:00:00.0005', 1000 round",
        "timestamp(3) without time zone, TIMESTAMP, '1970-01-01 00:00:00.000499', 0 round",
        "timestamp(0) with time zone, TIMESTAMPTZ, '1969-12-31 23:59:58.5', -1000000 round",
        "time(0) without time zone, TIME, '23:59:59.5', 86399000000 round"
    })
    void timesAreRoundedToTheirColumnsDigits(String nativeType, LogicalType type, String stored, String expected) {
        assertThat(convert(nativeType, type, rules(OnTooPrecise.ROUND), stored)).isEqualTo(expected);
    }

    @Test
    void timesAreRoundedOnceToTheirColumnsDigits() {
        ValueRules both = rules(OnTooPrecise.ROUND, OnFraction.ROUND);
        String type = "timestamp(3) without time zone";
        assertThat(convert(type, LogicalType.TIMESTAMP, both, "1970-01-01 00:00:00.0004999996"))
                .as("half of a thousandth is not reached")
                .isEqualTo("0 fraction round");
        assertThat(convert(type, LogicalType.TIMESTAMP, both, "1970-01-01 00:00:00.0005000004"))
                .isEqualTo("1000 fraction round");
    }

    @Test
    void aTimeOfDayInADateIsInvalidAndNothingElse() {
        assertThat(convert(LogicalType.DATE, rules(OnInvalid.NULL), "2025-01-02 10:00:00.1234567"))
                .isEqualTo("null invalid");
    }

    private static Map<String, @Nullable String> map() {
        Map<String, @Nullable String> map = new HashMap<>();
        map.put("STANDALONE", "standalone");
        map.put("same", "same");
        map.put("1", "one");
        map.put("n/a", null);
        map.put("blank", "");
        return map;
    }

    @Test
    void wordsAreReplacedByTheMap() {
        ValueRules mapped = ValueRules.DEFAULT.withMap(map());
        assertThat(convert(LogicalType.TEXT, mapped, "STANDALONE")).isEqualTo("standalone map");
        assertThat(convert(LogicalType.TEXT, mapped, "standalone")).isEqualTo("standalone");
        assertThat(convert(LogicalType.TEXT, mapped, "same")).isEqualTo("same");
        assertThat(convert(LogicalType.TEXT, mapped, 1L)).isEqualTo("one map");
        assertThat(convert(LogicalType.TEXT, mapped, 2L)).isEqualTo("2");
        assertThat(convert(LogicalType.TEXT, mapped, "n/a")).isEqualTo("null map");
        assertThat(convert(LogicalType.TEXT, mapped.with(OnEmpty.NULL), "blank"))
                .isEqualTo("null map");
        assertThat(convert(LogicalType.TEXT, mapped, BLOB)).isEqualTo("refused not-text");
        assertThat(convert("character varying(3)", LogicalType.TEXT, mapped.with(OnTooLong.TRUNCATE), "STANDALONE"))
                .isEqualTo("sta map");
    }

    @Test
    void whatIsNotInTheMapFollowsItsOwnRule() {
        ValueRules mapped = ValueRules.DEFAULT.withMap(map());
        assertThat(convert(LogicalType.TEXT, mapped.with(OnUnmapped.REJECT), "x"))
                .isEqualTo("refused not-in-map");
        assertThat(convert(LogicalType.TEXT, mapped.with(OnUnmapped.REJECT).with(OnInvalid.NULL), "x"))
                .isEqualTo("refused not-in-map");
        assertThat(convert(LogicalType.TEXT, mapped.with(OnUnmapped.NULL), "x")).isEqualTo("null unmapped");
        assertThat(convert(LogicalType.TEXT, mapped.with(OnUnmapped.NULL), BLOB))
                .isEqualTo("null unmapped");
        assertThat(convert(LogicalType.TEXT, mapped.with(OnUnmapped.NULL), "same"))
                .isEqualTo("same");
        assertThat(convert(LogicalType.TEXT, mapped.with(OnUnmapped.REJECT).with(OnEmpty.NULL), ""))
                .isEqualTo("null empty");
    }

    @Test
    void theMapsTextIsConvertedLikeTheSources() {
        ValueRules onOff = ValueRules.DEFAULT.withMap(Map.of("on", "true", "off", "0", "broken", "maybe"));
        assertThat(convert(LogicalType.BOOLEAN, onOff, "on")).isEqualTo("true map");
        assertThat(convert(LogicalType.BOOLEAN, onOff, "off")).isEqualTo("false map");
        assertThat(convert(LogicalType.BOOLEAN, onOff, 1L)).isEqualTo("true");
        assertThat(convert(LogicalType.BOOLEAN, onOff, "broken")).isEqualTo("refused not-a-boolean");
        ValueRules numbers = ValueRules.DEFAULT.withMap(Map.of("1.5", "2", "7", "8"));
        assertThat(convert(LogicalType.INT32, numbers, 1.5)).isEqualTo("2 map");
        assertThat(convert(LogicalType.INT32, numbers, 7L)).isEqualTo("8 map");
    }

    @Test
    void lettersAreFoldedBeforeTheMapIsAsked() {
        assertThat(convert(LogicalType.TEXT, rules(Case.LOWER), "ÄB")).isEqualTo("äb case");
        assertThat(convert(LogicalType.TEXT, rules(Case.LOWER), "äb")).isEqualTo("äb");
        assertThat(convert("mood", LogicalType.NATIVE, rules(Case.UPPER), "ok")).isEqualTo("OK case");
        assertThat(convert(LogicalType.TEXT, rules(Case.KEEP), "aB")).isEqualTo("aB");
        assertThat(convert(LogicalType.TEXT, rules(Case.LOWER), 1L)).isEqualTo("1");
        ValueRules both = rules(Case.LOWER).withMap(Map.of("on", "Y"));
        assertThat(convert(LogicalType.TEXT, both, "ON")).isEqualTo("Y case map");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11, ''",
        "a0eebc999c0b4ef8bb6d6bb9bd380a11, ''",
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11, ' uuid-spelling'",
        "a0eebc999c0b4ef8bb6d6bb9bd380A11, ' uuid-spelling'",
        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}, ' uuid-spelling'",
        "urn:uuid:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11, ' uuid-spelling'",
        "URN:UUID:A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11, ' uuid-spelling'"
    })
    void aUuidInAnySpellingIsTheSameAndUnusualOnesAreCounted(String stored, String marks) {
        assertThat(convert(LogicalType.UUID, ValueRules.DEFAULT, stored))
                .isEqualTo("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" + marks);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "urn:uuid:",
        "urn:uuid:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
        "Urn:Uuid:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "urn:isbn:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "{urn:uuid:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"
    })
    void whatOnlyLooksLikeAUrnIsNoUuid(String stored) {
        assertThat(convert(LogicalType.UUID, ValueRules.DEFAULT, stored)).isEqualTo("refused not-a-uuid");
    }

    @Test
    void booleansAsTextAreCounted() {
        assertThat(convert(LogicalType.BOOLEAN, ValueRules.DEFAULT, 1L)).isEqualTo("true");
        assertThat(convert(LogicalType.BOOLEAN, ValueRules.DEFAULT, 0.0)).isEqualTo("false");
        assertThat(convert(LogicalType.BOOLEAN, ValueRules.DEFAULT, "true")).isEqualTo("true boolean-text");
        assertThat(convert(LogicalType.BOOLEAN, ValueRules.DEFAULT, "0")).isEqualTo("false boolean-text");
    }
}
