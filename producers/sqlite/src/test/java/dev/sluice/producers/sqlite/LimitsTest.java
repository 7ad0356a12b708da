package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LimitsTest {
    static Stream<Arguments> exact() {
        return Stream.of(
                arguments("numeric(9,6)", 41.72, "41.72"),
                arguments("numeric(9,6)", -999.999999, "-999.999999"),
                arguments("numeric(9,6)", "1.50000000", "1.50000000"),
                arguments("numeric(9,6)", "NaN", "NaN"),
                arguments("numeric(2,2)", 0L, "0"),
                arguments("numeric(3)", 999L, "999"),
                arguments("numeric(3,-2)", 99900L, "99900"),
                arguments("numeric(2,4)", "0.0012", "0.0012"),
                arguments("numeric", 1.0 / 3, "0.3333333333333333"),
                arguments("timestamp(3) without time zone", "1970-01-01 00:00:00.123000", 123_000L),
                arguments("timestamp(0) with time zone", "1969-12-31 23:59:59", -1_000_000L),
                arguments("timestamp without time zone", "1970-01-01 00:00:00.123456", 123_456L),
                arguments("time(3) without time zone", "00:00:00.5", 500_000L));
    }

    @ParameterizedTest(name = "{0} holds {1}")
    @MethodSource("exact")
    void whatAColumnHoldsExactlyPasses(String nativeType, Object stored, Object expected) throws Refusal {
        assertThat(convert(nativeType, stored)).isEqualTo(expected);
    }

    static Stream<Arguments> rounded() {
        return Stream.of(
                arguments("numeric(9,6)", 41.7200001, "not-exact"),
                arguments("numeric(9,6)", "1.0000001", "not-exact"),
                arguments("numeric(3)", 1.5, "not-exact"),
                arguments("numeric(3,-2)", 99950L, "not-exact"),
                arguments("numeric(9,6)", 1000L, "out-of-range"),
                arguments("numeric(2,4)", "0.01", "out-of-range"),
                arguments("numeric(9,6)", Double.POSITIVE_INFINITY, "out-of-range"),
                arguments("timestamp(3) without time zone", "1970-01-01 00:00:00.1234", "not-exact"),
                arguments("timestamp(0) with time zone", 1_700_000_000_123L, "not-exact"),
                arguments("time(0) without time zone", "00:00:00.5", "not-exact"));
    }

    @ParameterizedTest(name = "{0} does not hold {1}")
    @MethodSource("rounded")
    void whatPostgresqlWouldRoundIsRefused(String nativeType, Object stored, String reason) {
        assertThatThrownBy(() -> convert(nativeType, stored))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(reason));
    }

    private static Object convert(String nativeType, Object stored) throws Refusal {
        LogicalType type = nativeType.startsWith("numeric")
                ? LogicalType.DECIMAL
                : nativeType.startsWith("timestamp") ? LogicalType.TIMESTAMP : LogicalType.TIME;
        return Conversion.to(new Column("c", type, nativeType, true, false), ValueRules.DEFAULT, RealTimestamps.REFUSE)
                .convert(stored);
    }
}
