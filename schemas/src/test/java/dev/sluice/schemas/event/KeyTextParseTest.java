package dev.sluice.schemas.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KeyTextParseTest {
    static Stream<Arguments> values() {
        return Stream.of(
                Arguments.of(LogicalType.BOOLEAN, true),
                Arguments.of(LogicalType.INT16, -3),
                Arguments.of(LogicalType.INT32, Integer.MAX_VALUE),
                Arguments.of(LogicalType.INT64, Long.MIN_VALUE),
                Arguments.of(LogicalType.FLOAT32, 1.5f),
                Arguments.of(LogicalType.FLOAT64, Double.NEGATIVE_INFINITY),
                Arguments.of(LogicalType.DECIMAL, "1.50"),
                Arguments.of(LogicalType.TEXT, "a \"quoted\" \\ \u0001 é😀"),
                Arguments.of(LogicalType.BYTES, new byte[] {0, -1}),
                Arguments.of(LogicalType.UUID, UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
                Arguments.of(LogicalType.DATE, -1),
                Arguments.of(LogicalType.TIME, 1L),
                Arguments.of(LogicalType.TIMESTAMP, 1L << 50),
                Arguments.of(LogicalType.TIMESTAMPTZ, Long.MAX_VALUE),
                Arguments.of(LogicalType.JSON, "{\"a\":1}"),
                Arguments.of(LogicalType.NATIVE, "10.0.0.1/8"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("values")
    void aKeyComesBackFromItsText(LogicalType type, Object value) {
        Object[] key = {value, 7L};
        assertThat(KeyText.parse(table(type, LogicalType.INT64), KeyText.of(key)))
                .isEqualTo(key);
    }

    @Test
    void everyTypeIsCovered() {
        assertThat(values().map(arguments -> arguments.get()[0]))
                .containsExactlyInAnyOrder((Object[]) LogicalType.values());
    }

    @Test
    void whatIsNoKeyOfTheTableIsRefusedWithoutItsValues() {
        Table one = table(LogicalType.INT32);
        for (String text :
                List.of("secret", "", "[", "{}", "[1] 2", "[]", "[1,2]", "[\"secret\"]", "[null]", "[1.5]")) {
            assertRefused(one, text);
        }
        assertRefused(one, "[3000000000]");
        assertRefused(table(LogicalType.DECIMAL), "[\"1e999999999\"]");
        assertRefused(table(LogicalType.TEXT), "[\"a\\u0000\"]");
        assertRefused(table(LogicalType.UUID), "[\"secret\"]");
        assertRefused(table(LogicalType.BYTES), "[\"\\\\xsecret\"]");
        assertRefused(table(LogicalType.FLOAT64), "[\"secret\"]");
    }

    private static void assertRefused(Table table, String text) {
        assertThatThrownBy(() -> KeyText.parse(table, text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("public.t")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
    }

    private static Table table(LogicalType... types) {
        List<Column> columns = new ArrayList<>();
        List<String> key = new ArrayList<>();
        for (int i = types.length - 1; i >= 0; i--) {
            columns.add(new Column("k" + i, types[i], "any", false, false));
            key.add(0, "k" + i);
        }
        return new Table(new TableId("public", "t"), columns, key, List.of(), List.of());
    }
}
