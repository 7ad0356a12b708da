package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.ValueRules.Case;
import dev.sluice.producers.api.ValueRules.Choice;
import dev.sluice.producers.api.ValueRules.OnEmpty;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.producers.api.ValueRules.OnJsonNull;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.schemas.event.Transformed;
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

    private static ColumnRules rules(LogicalType type, String nativeType, Choice... choices) {
        ValueRules rules = ValueRules.DEFAULT;
        for (Choice choice : choices) {
            rules = rules.with(choice);
        }
        return ColumnRules.of(new Column("c", type, nativeType, true, false), rules);
    }

    @Test
    void lettersFollowNoLanguage() {
        assertThat(rules(LogicalType.TEXT, "text", Case.LOWER).recased("TITLE")).isEqualTo("title");
        assertThat(rules(LogicalType.TEXT, "text", Case.UPPER).recased("title")).isEqualTo("TITLE");
        String same = new String("title");
        assertThat(rules(LogicalType.TEXT, "text", Case.LOWER).recased(same)).isSameAs(same);
    }

    @Test
    void emptyTextAndTheDocumentNullMeanNullOnlyWhereThatIsSaid() {
        ColumnRules json = rules(LogicalType.JSON, "jsonb", OnEmpty.NULL, OnJsonNull.NULL);
        assertThat(json.isNull("")).isEqualTo(ColumnRules.EMPTY);
        assertThat(json.isNull("\t\r\n null ")).isEqualTo(ColumnRules.JSON_NULL);
        assertThat(json.isNull("nul")).isNull();
        assertThat(json.isNull("\u00a0null")).isNull();
        assertThat(rules(LogicalType.TEXT, "text", OnJsonNull.NULL).isNull("null"))
                .isNull();
        assertThat(rules(LogicalType.JSON, "json", OnEmpty.KEEP).isNull("")).isNull();
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource({
        "INT64, bigint, true",
        "DECIMAL, 'numeric(4,2)', true",
        "DECIMAL, numeric, false",
        "TEXT, text, false",
        "TIMESTAMPTZ, timestamp(3) with time zone, true",
        "TIMESTAMPTZ, timestamp with time zone, false",
        "TIMESTAMP, timestamp(6) without time zone, false",
        "TIME, time(0) without time zone, true",
        "DATE, date, false"
    })
    void someTypesHoldFewerDigitsThanAValueMayHave(LogicalType type, String nativeType, boolean precise) {
        assertThat(ColumnRules.isPrecise(new Column("c", type, nativeType, true, false)))
                .isEqualTo(precise);
    }

    @Test
    void ofWhatIsNotSaidTheFirstConstantHolds() {
        ValueRules rules = ValueRules.DEFAULT.with(OnFraction.REJECT).with(OnFraction.ROUND);
        assertThat(rules.of(OnFraction.class)).isEqualTo(OnFraction.ROUND);
        assertThat(rules.of(OnInvalid.class)).isEqualTo(OnInvalid.REJECT);
        assertThat(ValueRules.key(OnFraction.class)).isEqualTo("on-fraction");
        assertThat(ValueRules.key(Case.class)).isEqualTo("case");
    }

    @Test
    void marksNameTheColumnThatTheyConcern() {
        Marks marks = new Marks();
        assertThat(marks.all()).isEmpty();
        marks.in("a");
        marks.add(ColumnRules.ROUND);
        marks.in("b");
        marks.add(ColumnRules.EMPTY);
        assertThat(marks.all()).containsExactly(new Transformed("round", "a"), new Transformed("empty", "b"));
    }
}
