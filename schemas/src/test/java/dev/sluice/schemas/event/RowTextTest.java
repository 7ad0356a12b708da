package dev.sluice.schemas.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RowTextTest {
    private static final int ROWS = 2_000;
    private static final List<Column> EVERY_TYPE = Stream.of(LogicalType.values())
            .map(type -> new Column(type.name(), type, "any", true, false))
            .toList();

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void aRowComesBackFromItsText(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < ROWS; i++) {
            List<Column> columns = new ArrayList<>(EVERY_TYPE);
            Collections.shuffle(columns, random);
            @Nullable Object[] row = new @Nullable Object[columns.size()];
            for (int c = 0; c < row.length; c++) {
                row[c] = random.nextInt(8) == 0 ? null : value(columns.get(c).type(), random);
            }
            assertThat(RowText.parse(columns, RowText.of(row))).isEqualTo(row);
        }
    }

    private static Object value(LogicalType type, Random random) {
        return switch (type) {
            case BOOLEAN -> random.nextBoolean();
            case INT16 -> (int) (short) random.nextInt();
            case INT32, DATE -> pick(random, random.nextInt(), Integer.MIN_VALUE, Integer.MAX_VALUE, 0);
            case INT64, TIME, TIMESTAMP, TIMESTAMPTZ ->
                pick(random, random.nextLong(), Long.MIN_VALUE, Long.MAX_VALUE, 1L << 53 | 1);
            case FLOAT32 ->
                pick(random, number(random), Float.NaN, -0.0f, 0.0f, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, 1e38f);
            case FLOAT64 ->
                pick(
                        random,
                        Double.longBitsToDouble(random.nextLong() & ~(1L << 62)),
                        Double.NaN,
                        -0.0,
                        Double.POSITIVE_INFINITY,
                        Double.MIN_VALUE,
                        2e-323,
                        0.1 + 0.2);
            case DECIMAL -> pick(random, decimal(random), "NaN", "Infinity", "-Infinity", "0.000", "-0", "1.50");
            case TEXT, JSON, NATIVE -> text(random);
            case BYTES -> bytes(random);
            case UUID -> new UUID(random.nextLong(), random.nextLong());
        };
    }

    @SafeVarargs
    private static <T> T pick(Random random, T... values) {
        return values[random.nextInt(values.length)];
    }

    private static float number(Random random) {
        float number = Float.intBitsToFloat(random.nextInt());
        return Float.isNaN(number) ? 1 : number;
    }

    private static String decimal(Random random) {
        return new BigDecimal(new BigInteger(random.nextInt(2_000), random), random.nextInt(40)).toPlainString();
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Any character but NUL, quotation marks and backslashes more often than others. */
    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            switch (random.nextInt(4)) {
                case 0 -> text.append("\\\"[],\u007f\u2028/".charAt(random.nextInt(8)));
                case 1 -> text.append((char) (1 + random.nextInt(0x20)));
                case 2 -> text.appendCodePoint(0x10000 + random.nextInt(0x100000));
                default -> text.append((char) (0xa0 + random.nextInt(0xd000)));
            }
        }
        return text.toString();
    }

    @Test
    void aLargeRowComesBack() {
        List<Column> columns = List.of(new Column("b", LogicalType.BYTES, "bytea", true, false));
        Object[] row = {new byte[11 << 20]};
        assertThat(RowText.parse(columns, RowText.of(row))).isEqualTo(row);
    }

    @Test
    void whatIsNoRowOfTheColumnsIsRefusedWithoutItsValues() {
        List<Column> columns = List.of(
                new Column("n", LogicalType.INT16, "smallint", true, false),
                new Column("t", LogicalType.TEXT, "text", true, false));
        for (String text : List.of(
                "",
                "secret",
                "{}",
                "[1]",
                "[1,\"a\",2]",
                "[1,\"a\"] 2",
                "[70000,\"a\"]",
                "[1.5,\"a\"]",
                "[1,2]",
                "[\"secret\",null]")) {
            assertThatThrownBy(() -> RowText.parse(columns, text))
                    .isInstanceOf(IllegalArgumentException.class)
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
        }
        assertThatThrownBy(() -> RowText.parse(columns, "[\"x\",null]")).hasMessageContaining("column n is INT16");
    }
}
