package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ColumnRulesTest {
    private static ColumnRules all(LogicalType type, String nativeType) {
        ValueRules rules =
                ValueRules.DEFAULT.with(OnTooLong.TRUNCATE).with(OnNul.REMOVE).with(OnOutOfRange.CLAMP);
        return ColumnRules.of(new Column("c", type, nativeType, true, false), rules);
    }

    @Test
    void aColumnAboutWhichNothingIsSaidHasNoRules() {
        Column column = new Column("c", LogicalType.TEXT, "character varying(3)", true, false);
        assertThat(ColumnRules.of(column, ValueRules.DEFAULT)).isNull();
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "INT16, smallint, -32768, 32767",
        "INT32, integer, -2147483648, 2147483647",
        "INT64, bigint, -9223372036854775808, 9223372036854775807",
        "FLOAT32, real, -3.4028235E38, 3.4028235E38",
        "DECIMAL, 'numeric(4,2)', -99.99, 99.99",
        "DECIMAL, 'numeric(3,0)', -999, 999",
        "DECIMAL, 'numeric(2,-3)', -99000, 99000",
        "DECIMAL, 'numeric(2,4)', -0.0099, 0.0099"
    })
    void theBoundsOfATypeStandForWhatIsBeyond(LogicalType type, String nativeType, String least, String greatest) {
        assertThat(all(type, nativeType).outOfRange(true)).hasToString(least);
        assertThat(all(type, nativeType).outOfRange(false)).hasToString(greatest);
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({"DECIMAL, numeric", "FLOAT64, double precision", "NATIVE, integer[]", "TEXT, text"})
    void otherTypesHaveNone(LogicalType type, String nativeType) {
        assertThat(all(type, nativeType).replacesOutOfRange()).isFalse();
    }

    @Test
    void lengthsAreCountedInCharactersAndNoneIsHalved() {
        ColumnRules rules = all(LogicalType.TEXT, "character varying(2)");
        assertThat(rules.within("é😀x")).isEqualTo("é😀");
        String fits = new String("😀😀");
        assertThat(rules.within(fits)).isSameAs(fits);
        assertThat(all(LogicalType.TEXT, "character(1)").within("ab")).isEqualTo("a");
        assertThat(all(LogicalType.TEXT, "text").within("ab")).isEqualTo("ab");
    }

    @Test
    void nulsLeaveTextAndTheirEscapesLeaveJsonb() {
        assertThat(all(LogicalType.TEXT, "text").withoutNul("a\0b\\u0000")).isEqualTo("ab\\u0000");
        assertThat(all(LogicalType.JSON, "jsonb").withoutNul("\"\\u0000a\\\\u0000\\\\\\u0000\""))
                .isEqualTo("\"a\\\\u0000\\\\\"");
        String json = "\"\\u0000\"";
        assertThat(all(LogicalType.JSON, "json").withoutNul(json)).isSameAs(json);
    }
}
