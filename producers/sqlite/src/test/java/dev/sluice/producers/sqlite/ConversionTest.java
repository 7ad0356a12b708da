package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.producers.sqlite.StoredValue.RawText;
import dev.sluice.schemas.relational.LogicalType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConversionTest {
    private static final String UUID_TEXT = "0d3c6f2a-9b1e-4c57-8a2b-3f4e5d6c7b8a";
    private static final byte[] BLOB = {0, 1, (byte) 0xff};
    private static final RawText BAD_UTF8 = new RawText(new byte[] {'a', (byte) 0xff});

    static Stream<Arguments> accepted() {
        UUID uuid = UUID.fromString(UUID_TEXT);
        return Stream.of(
                arguments(LogicalType.BOOLEAN, 1L, true),
                arguments(LogicalType.BOOLEAN, 0L, false),
                arguments(LogicalType.BOOLEAN, 1.0, true),
                arguments(LogicalType.BOOLEAN, "true", true),
                arguments(LogicalType.BOOLEAN, "F", false),
                arguments(LogicalType.BOOLEAN, "0", false),
                arguments(LogicalType.INT16, -32768L, -32768),
                arguments(LogicalType.INT32, 2147483647L, 2147483647),
                arguments(LogicalType.INT32, 12.0, 12),
                arguments(LogicalType.INT64, Long.MIN_VALUE, Long.MIN_VALUE),
                arguments(LogicalType.INT64, -0x1p63, Long.MIN_VALUE),
                arguments(LogicalType.INT64, "-42", -42L),
                arguments(LogicalType.FLOAT64, 0.1, 0.1),
                arguments(LogicalType.FLOAT64, Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY),
                arguments(LogicalType.FLOAT64, 1L << 53, 0x1p53),
                arguments(LogicalType.FLOAT64, Long.MIN_VALUE, -0x1p63),
                arguments(LogicalType.FLOAT64, "1.5e3", 1500.0),
                arguments(LogicalType.FLOAT32, 0.1, 0.1f),
                arguments(LogicalType.FLOAT32, 5L, 5f),
                arguments(LogicalType.DECIMAL, Long.MAX_VALUE, "9223372036854775807"),
                arguments(LogicalType.DECIMAL, 0.1, "0.1"),
                arguments(LogicalType.DECIMAL, 2.0E-3, "0.002"),
                arguments(LogicalType.DECIMAL, 1e21, "1000000000000000000000"),
                arguments(LogicalType.DECIMAL, "1.50", "1.50"),
                arguments(LogicalType.DECIMAL, "-12e2", "-1200"),
                arguments(LogicalType.DECIMAL, Double.POSITIVE_INFINITY, "Infinity"),
                arguments(LogicalType.DECIMAL, "nan", "NaN"),
                arguments(LogicalType.TEXT, "é€😀\uFFFD", "é€😀\uFFFD"),
                arguments(LogicalType.TEXT, 5L, "5"),
                arguments(LogicalType.TEXT, 1.0, "1.0"),
                arguments(LogicalType.NATIVE, "{1,2}", "{1,2}"),
                arguments(LogicalType.NATIVE, 7L, "7"),
                arguments(LogicalType.UUID, UUID_TEXT, uuid),
                arguments(LogicalType.UUID, UUID_TEXT.replace("-", ""), uuid),
                arguments(LogicalType.UUID, "{" + UUID_TEXT.toUpperCase(java.util.Locale.ROOT) + "}", uuid),
                arguments(LogicalType.UUID, HexFormat.of().parseHex(UUID_TEXT.replace("-", "")), uuid),
                arguments(LogicalType.DATE, "2025-10-10", (int)
                        LocalDate.of(2025, 10, 10).toEpochDay()),
                arguments(LogicalType.DATE, "0001-01-01", (int)
                        LocalDate.of(1, 1, 1).toEpochDay()),
                arguments(LogicalType.DATE, "2024-02-29 00:00:00.000", (int)
                        LocalDate.of(2024, 2, 29).toEpochDay()),
                arguments(LogicalType.TIME, "08:09", 29_340_000_000L),
                arguments(LogicalType.TIME, "23:59:59.9999999", 86_399_999_999L),
                arguments(LogicalType.TIMESTAMPTZ, "2025-10-10 08:08:59.575644", micros("2025-10-10T08:08:59.575644Z")),
                arguments(LogicalType.TIMESTAMPTZ, "2025-10-10T08:08:59Z", micros("2025-10-10T08:08:59Z")),
                arguments(LogicalType.TIMESTAMPTZ, "2025-10-10 12:08:59+04:00", micros("2025-10-10T08:08:59Z")),
                arguments(LogicalType.TIMESTAMPTZ, "2025-10-10 03:38:59.5 -0430", micros("2025-10-10T08:08:59.5Z")),
                arguments(LogicalType.TIMESTAMPTZ, "2025-10-10 10:08+02", micros("2025-10-10T08:08:00Z")),
                arguments(LogicalType.TIMESTAMPTZ, "2025-10-10", micros("2025-10-10T00:00:00Z")),
                arguments(
                        LogicalType.TIMESTAMPTZ,
                        "1969-12-31 23:59:59.123456789",
                        micros("1969-12-31T23:59:59.123456Z")),
                arguments(LogicalType.TIMESTAMP, "2025-10-10 08:08:59", micros("2025-10-10T08:08:59Z")),
                arguments(LogicalType.TIMESTAMPTZ, 1760083860L, micros("2025-10-10T08:11:00Z")),
                arguments(LogicalType.TIMESTAMPTZ, 1760083860123L, micros("2025-10-10T08:11:00.123Z")),
                arguments(LogicalType.TIMESTAMPTZ, 1760083860123456L, micros("2025-10-10T08:11:00.123456Z")),
                arguments(LogicalType.TIMESTAMPTZ, -86400L, micros("1969-12-31T00:00:00Z")),
                arguments(LogicalType.JSON, "{\"a\" : [1, null, \"\\u00e9\"]}", "{\"a\" : [1, null, \"\\u00e9\"]}"),
                arguments(LogicalType.JSON, "null", "null"),
                arguments(LogicalType.JSON, "\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""),
                arguments(LogicalType.JSON, 5L, "5"),
                arguments(LogicalType.JSON, 0.5, "0.5"));
    }

    @ParameterizedTest(name = "{0} of {1}")
    @MethodSource("accepted")
    void aValueThatFitsTakesTheTargetsNotation(LogicalType type, Object stored, Object expected) throws Refusal {
        assertThat(convert(type, stored)).isEqualTo(expected);
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                arguments(LogicalType.BOOLEAN, 2L, "not-a-boolean"),
                arguments(LogicalType.BOOLEAN, "maybe", "not-a-boolean"),
                arguments(LogicalType.BOOLEAN, BLOB, "not-a-boolean"),
                arguments(LogicalType.INT16, 32768L, "out-of-range"),
                arguments(LogicalType.INT32, 2147483648L, "out-of-range"),
                arguments(LogicalType.INT32, 12.5, "not-an-integer"),
                arguments(LogicalType.INT32, Double.POSITIVE_INFINITY, "not-an-integer"),
                arguments(LogicalType.INT64, 0x1p63, "out-of-range"),
                arguments(LogicalType.INT64, "9923372036854775808", "out-of-range"),
                arguments(LogicalType.INT64, " 5", "not-an-integer"),
                arguments(LogicalType.INT64, "", "not-an-integer"),
                arguments(LogicalType.FLOAT64, (1L << 53) + 1, "not-exact"),
                arguments(LogicalType.FLOAT64, Long.MAX_VALUE, "not-exact"),
                arguments(LogicalType.FLOAT64, "1e999", "out-of-range"),
                arguments(LogicalType.FLOAT64, "0x1p3", "not-a-number"),
                arguments(LogicalType.FLOAT32, 0.123456789, "not-exact"),
                arguments(LogicalType.DECIMAL, "1,5", "not-a-number"),
                arguments(LogicalType.DECIMAL, "1e999999999", "out-of-range"),
                arguments(LogicalType.DECIMAL, "1e-999999999", "out-of-range"),
                arguments(LogicalType.TEXT, "a\0b", "nul-character"),
                arguments(LogicalType.NATIVE, "a\0b", "nul-character"),
                arguments(LogicalType.TEXT, BAD_UTF8, "invalid-utf8"),
                arguments(LogicalType.TEXT, BLOB, "not-text"),
                arguments(LogicalType.BYTES, 5L, "not-bytes"),
                arguments(LogicalType.UUID, UUID_TEXT + "0", "not-a-uuid"),
                arguments(LogicalType.UUID, UUID_TEXT.replace('-', '_'), "not-a-uuid"),
                arguments(LogicalType.UUID, "g".repeat(32), "not-a-uuid"),
                arguments(LogicalType.UUID, "０".repeat(32), "not-a-uuid"),
                arguments(LogicalType.UUID, 1.2345678901234e31, "not-a-uuid"),
                arguments(LogicalType.UUID, BLOB, "not-a-uuid"),
                arguments(LogicalType.DATE, "2025-02-29", "not-a-date"),
                arguments(LogicalType.DATE, "2025-10-10 08:00:00", "not-a-date"),
                arguments(LogicalType.DATE, 20251010L, "not-a-date"),
                arguments(LogicalType.DATE, "10.10.2025", "not-a-date"),
                arguments(LogicalType.TIME, "24:00:00", "not-a-time"),
                arguments(LogicalType.TIME, "8:00", "not-a-time"),
                arguments(LogicalType.TIMESTAMPTZ, "", "not-a-timestamp"),
                arguments(LogicalType.TIMESTAMPTZ, "2025-10-10 08:00:00 EST", "not-a-timestamp"),
                arguments(LogicalType.TIMESTAMPTZ, "2025-10-10 08:00:60", "not-a-timestamp"),
                arguments(LogicalType.TIMESTAMPTZ, "2025-10-10 08:00:00.", "not-a-timestamp"),
                arguments(LogicalType.TIMESTAMPTZ, "2025-13-10", "not-a-timestamp"),
                arguments(LogicalType.TIMESTAMPTZ, 50_000_000_000L, "ambiguous-epoch"),
                arguments(LogicalType.TIMESTAMPTZ, 50_000_000_000_000L, "ambiguous-epoch"),
                arguments(LogicalType.TIMESTAMPTZ, 1760083860123456789L, "ambiguous-epoch"),
                arguments(LogicalType.TIMESTAMPTZ, 2460958.5, "real-timestamp"),
                arguments(LogicalType.JSON, "{\"a\": NaN}", "invalid-json"),
                arguments(LogicalType.JSON, "", "invalid-json"),
                arguments(LogicalType.JSON, "{\"a\":1", "invalid-json"),
                arguments(LogicalType.JSON, "{} {}", "invalid-json"),
                arguments(LogicalType.JSON, "{'a':1}", "invalid-json"),
                arguments(LogicalType.JSON, "{\"\\u0000\":1}", "nul-character"),
                arguments(LogicalType.JSON, "[\"\\ud800\"]", "invalid-json"),
                arguments(LogicalType.JSON, Double.POSITIVE_INFINITY, "invalid-json"),
                arguments(LogicalType.JSON, BLOB, "invalid-json"),
                arguments(LogicalType.JSON, "[".repeat(100_000), "invalid-json"));
    }

    @ParameterizedTest(name = "{0}: {2}, case {index}")
    @MethodSource("refused")
    void aValueThatDoesNotFitIsRefusedWithoutShowingIt(LogicalType type, Object stored, String reason) {
        try {
            fail("converted to %s", convert(type, stored));
        } catch (Refusal refusal) {
            assertThat(refusal.reason()).isEqualTo(reason);
            assertThat(refusal.text()).contains("expected");
            if (stored instanceof String text && text.length() > 3) {
                assertThat(refusal.text()).doesNotContain(text);
            }
        }
    }

    @Test
    void textIsAlsoBytes() throws Refusal {
        assertThat((byte[]) convert(LogicalType.BYTES, "é\0")).isEqualTo("é\0".getBytes(StandardCharsets.UTF_8));
        assertThat((byte[]) convert(LogicalType.BYTES, BAD_UTF8)).isEqualTo(BAD_UTF8.bytes());
        assertThat((byte[]) convert(LogicalType.BYTES, BLOB)).isEqualTo(BLOB);
    }

    @Test
    void plainJsonKeepsWhatOnlyJsonbRefuses() throws Refusal {
        Conversion json = Conversion.to(LogicalType.JSON, false, RealTimestamps.REFUSE);
        assertThat(json.convert("[\"\\u0000\"]")).isEqualTo("[\"\\u0000\"]");
    }

    @Test
    void realTimestampsMeanWhatIsConfigured() throws Refusal {
        Conversion julian = Conversion.to(LogicalType.TIMESTAMPTZ, false, RealTimestamps.JULIAN_DAY);
        assertThat(julian.convert(2460958.5)).isEqualTo(micros("2025-10-10T00:00:00Z"));
        Conversion unix = Conversion.to(LogicalType.TIMESTAMPTZ, false, RealTimestamps.UNIX_SECONDS);
        assertThat(unix.convert(1760083860.25)).isEqualTo(micros("2025-10-10T08:11:00.25Z"));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void aRealBecomesTheShortestDecimalThatReadsBack(long seed) throws Refusal {
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            double value = Double.longBitsToDouble(random.nextLong());
            if (Double.isNaN(value) || Double.isInfinite(value)) {
                continue;
            }
            String decimal = Numbers.decimal(value);
            assertThat(Double.parseDouble(decimal)).isEqualTo(value);
            assertThat(Numbers.shortest(value).stripTrailingZeros().precision()).isLessThanOrEqualTo(17);
            double rounded = Math.round(random.nextDouble() * 1e6) / 1e6;
            assertThat(Numbers.shortest(rounded).scale()).isLessThanOrEqualTo(6);
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            doubles = {
                1,
                -1,
                0.5,
                0.1,
                1e15,
                1e16,
                1e17,
                1e20,
                1.5e-7,
                1e-4,
                1e-5,
                123456.789,
                -2.5e300,
                0.0,
                -0.0,
                1 / 0.0,
                -1 / 0.0
            })
    void aRealInATextColumnReadsAsSqliteItselfRendersIt(double value, @TempDir Path directory) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("t.db"));
                PreparedStatement cast = connection.prepareStatement("SELECT CAST(? AS TEXT)")) {
            cast.setDouble(1, value);
            try (ResultSet row = cast.executeQuery()) {
                row.next();
                assertThat(Numbers.sqliteText(value)).isEqualTo(row.getString(1));
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {3})
    void aRealInATextColumnLosesNothing(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            double value = random.nextGaussian() * Math.pow(10, random.nextInt(60) - 30);
            assertThat(Double.parseDouble(Numbers.sqliteText(value))).isEqualTo(value);
        }
    }

    private static Object convert(LogicalType type, Object stored) throws Refusal {
        return Conversion.to(type, true, RealTimestamps.REFUSE).convert(stored);
    }

    private static long micros(String instant) {
        Instant parsed = Instant.parse(instant);
        return Math.floorDiv(parsed.getEpochSecond() * 1_000_000_000L, 1_000L) + parsed.getNano() / 1_000;
    }
}
