package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.Marks;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeConversionTest {
    private static final CapturedTable KEYED = Captured.table("t", "at", "at:TIMESTAMPTZ", "v:TEXT");

    @TempDir
    Path directory;

    private static CapturedTable in(String zone) {
        ValueRules rules = ValueRules.DEFAULT.withTimeZone(ZoneId.of(zone));
        return new CapturedTable(KEYED.sourceName(), KEYED.sourceColumns(), KEYED.target(), Map.of("at", rules));
    }

    @Test
    void digitsThatWouldBeCutOffMakeADeadLetterOfAKey() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (at TEXT PRIMARY KEY, v TEXT)",
                "INSERT INTO t VALUES ('2025-10-10 08:00:00.1234561', 'x'), ('2025-10-10 08:00:00.1234562', 'y')")) {
            try (ChangeSource source = Captured.open(SqliteConnector.of(database.settings()), List.of(KEYED))) {
                assertThat(Captured.snapshot(source, "t", 10))
                        .hasSize(2)
                        .allMatch(row -> row.startsWith("refused read") && row.endsWith("at not-exact"));
            }
        }
    }

    @Test
    void aKeyIsNotReadInAnotherZoneThanItWasCapturedIn() throws Exception {
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE t (at TEXT PRIMARY KEY, v TEXT)")) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            connector.prepare(List.of(KEYED), "p", "one", false);
            assertThat(connector.prepare(List.of(in("Etc/UTC")), "p", "one", false))
                    .isEmpty();
            List<CapturedTable> moved = List.of(in("Asia/Tbilisi"));
            assertThatThrownBy(() -> connector.prepare(moved, "p", "one", false))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                    .hasMessageContaining("table t is {at=Asia/Tbilisi}, but it was captured with UTC");
        }
        try (TestDatabase database = TestDatabase.create(
                Files.createDirectory(directory.resolve("other")), "CREATE TABLE t (at TEXT PRIMARY KEY, v TEXT)")) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            connector.prepare(List.of(in("Asia/Tbilisi")), "p", "one", false);
            assertThat(connector.prepare(List.of(in("Asia/Tbilisi")), "p", "one", false))
                    .isEmpty();
        }
    }

    private static final ValueRules BERLIN = ValueRules.DEFAULT.withTimeZone(ZoneId.of("Europe/Berlin"));

    /** The value in UTC and what was marked, or why there is none. */
    private static String convert(LogicalType type, ValueRules rules, Object stored) {
        Column column = new Column("c", type, "x", true, false);
        Conversion conversion = Conversion.to(column, rules, RealTimestamps.UNIX_SECONDS);
        Marks marks = new Marks();
        try {
            Object value = conversion.convert(stored, marks);
            return text(type, value)
                    + marks.all().stream()
                            .map(Transformed::rule)
                            .map(" "::concat)
                            .reduce("", String::concat);
        } catch (Refusal refusal) {
            return "refused " + refusal.reason();
        }
    }

    private static String text(LogicalType type, Object value) {
        if (value == null) {
            return "null";
        } else if (type == LogicalType.DATE) {
            return LocalDate.ofEpochDay((Integer) value).toString();
        }
        return Instant.EPOCH.plus((Long) value, ChronoUnit.MICROS).toString();
    }

    static Stream<Arguments> fractions() {
        return Stream.of(
                Arguments.of("2025-01-02 03:04:05.123456", "03:04:05.123456", "03:04:05.123456", "03:04:05.123456"),
                Arguments.of("2025-01-02 03:04:05.1234560", "03:04:05.123456", "03:04:05.123456", "03:04:05.123456"),
                Arguments.of("2025-01-02 03:04:05.1234564", "03:04:05.123456 fraction", "03:04:05.123456 fraction", ""),
                Arguments.of("2025-01-02 03:04:05.1234565", "03:04:05.123456 fraction", "03:04:05.123457 fraction", ""),
                Arguments.of(
                        "2025-01-02 03:04:05.123456499999", "03:04:05.123456 fraction", "03:04:05.123456 fraction", ""),
                Arguments.of("2025-01-02T03:04:59.9999999Z", "03:04:59.999999 fraction", "03:05:00 fraction", ""),
                Arguments.of("2025-01-02 03:04:05.00000001", "03:04:05 fraction", "03:04:05 fraction", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fractions")
    void digitsBeyondMicrosecondsAreCutRoundedOrRefusedAndCounted(
            String stored, String cut, String rounded, String exact) {
        ValueRules rules = ValueRules.DEFAULT;
        String day = "2025-01-02T";
        assertThat(convert(LogicalType.TIMESTAMPTZ, rules, stored)).isEqualTo(instant(day + cut));
        assertThat(convert(LogicalType.TIMESTAMP, rules.with(OnFraction.ROUND), stored))
                .isEqualTo(instant(day + rounded));
        assertThat(convert(LogicalType.TIMESTAMPTZ, rules.with(OnFraction.REJECT), stored))
                .isEqualTo(exact.isEmpty() ? "refused not-exact" : instant(day + exact));
    }

    private static String instant(String text) {
        return text.contains(" ") ? text.replace(" ", "Z ") : text + "Z";
    }

    @Test
    void halfAMicrosecondBefore1970IsRoundedToTheLater() {
        assertThat(convert(
                        LogicalType.TIMESTAMPTZ,
                        ValueRules.DEFAULT.with(OnFraction.ROUND),
                        "1969-12-31 23:59:59.9999995"))
                .isEqualTo("1970-01-01T00:00:00Z fraction");
    }

    @Test
    void aTimeOfDayIsNeverRoundedToMidnight() {
        ValueRules round = ValueRules.DEFAULT.with(OnFraction.ROUND);
        assertThat(convert(LogicalType.TIME, round, "23:59:59.9999999"))
                .isEqualTo("1970-01-01T23:59:59.999999Z fraction");
        assertThat(convert(LogicalType.TIME, round, "00:00:00.0000005"))
                .isEqualTo("1970-01-01T00:00:00.000001Z fraction");
        assertThat(convert(LogicalType.DATE, ValueRules.DEFAULT, "2025-01-02 00:00:00.0000001"))
                .isEqualTo("2025-01-02 fraction");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "0, 1970-01-01T00:00:00Z",
        "-9999999999, 1653-02-10T06:13:21Z",
        "9999999999, 2286-11-20T17:46:39Z",
        "100000000000, 1973-03-03T09:46:40Z",
        "9999999999999, 2286-11-20T17:46:39.999Z",
        "100000000000000, 1973-03-03T09:46:40Z",
        "9999999999999999, 2286-11-20T17:46:39.999999Z"
    })
    void integersAreCountedFrom1970AndMarked(long stored, String moment) {
        assertThat(convert(LogicalType.TIMESTAMPTZ, ValueRules.DEFAULT, stored)).isEqualTo(moment + " epoch");
        assertThat(convert(LogicalType.TIMESTAMPTZ, BERLIN, stored))
                .as("no zone moves them")
                .isEqualTo(moment + " epoch");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(longs = {-10_000_000_000L, 10_000_000_000L, 99_999_999_999L, 10_000_000_000_000L, Long.MAX_VALUE})
    void integersThatTellNoUnitAreRefused(long stored) {
        assertThat(convert(LogicalType.TIMESTAMPTZ, ValueRules.DEFAULT, stored)).isEqualTo("refused ambiguous-epoch");
        assertThat(convert(LogicalType.TIMESTAMPTZ, ValueRules.DEFAULT.with(OnInvalid.NULL), stored))
                .isEqualTo("null invalid");
    }

    @Test
    void realsAreMarkedLikeIntegers() {
        assertThat(convert(LogicalType.TIMESTAMPTZ, ValueRules.DEFAULT, 0.5))
                .isEqualTo("1970-01-01T00:00:00.500Z epoch");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "2025-07-01 12:00:00, 2025-07-01T10:00:00Z", "2025-01-01 12:00:00, 2025-01-01T11:00:00Z",
        "2025-07-01, 2025-06-30T22:00:00Z", "2025-07-01 12:00:00Z, 2025-07-01T12:00:00Z",
        "2025-07-01T12:00:00+04:00, 2025-07-01T08:00:00Z",
                "2025-07-01 12:00:00.1234567, 2025-07-01T10:00:00.123456Z fraction",
        "2025-03-30 01:59:59.999999, 2025-03-30T00:59:59.999999Z", "2025-03-30 02:00:00, refused local-time-gap",
        "2025-03-30 02:59:59.999999, refused local-time-gap", "2025-03-30 03:00:00, 2025-03-30T01:00:00Z",
        "2025-10-26 01:59:59, 2025-10-25T23:59:59Z", "2025-10-26 02:00:00, 2025-10-26T00:00:00Z time-zone-overlap",
        "2025-10-26 02:59:59, 2025-10-26T00:59:59Z time-zone-overlap", "2025-10-26 03:00:00, 2025-10-26T02:00:00Z",
        "2025-10-26 02:30:00+01:00, 2025-10-26T01:30:00Z"
    })
    void localTimesAreReadOnTheClocksOfTheZone(String stored, String expected) {
        assertThat(convert(LogicalType.TIMESTAMPTZ, BERLIN, stored)).isEqualTo(expected);
    }

    @Test
    void aTimeThatTheClocksSkipIsNoValue() {
        assertThat(convert(LogicalType.TIMESTAMPTZ, BERLIN.with(OnInvalid.NULL), "2025-03-30 02:30:00"))
                .isEqualTo("null invalid");
    }

    @Test
    void aColumnWithoutZoneHoldsLocalTimesOnly() {
        assertThat(convert(LogicalType.TIMESTAMP, BERLIN, "2025-03-30 02:30:00"))
                .isEqualTo("2025-03-30T02:30:00Z");
        assertThat(convert(LogicalType.TIMESTAMP, BERLIN, "2025-07-01 12:00:00Z"))
                .isEqualTo("2025-07-01T14:00:00Z");
        assertThat(convert(LogicalType.TIMESTAMP, BERLIN, 0L)).isEqualTo("1970-01-01T01:00:00Z epoch");
        assertThat(convert(LogicalType.TIMESTAMP, ValueRules.DEFAULT, "2025-07-01 12:00:00+02:00"))
                .isEqualTo("2025-07-01T10:00:00Z");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"UTC", "Etc/UTC", "Z", "+00:00"})
    void utcHasManyNamesAndNeedsNoClock(String zone) {
        ValueRules rules = ValueRules.DEFAULT.withTimeZone(ZoneId.of(zone));
        assertThat(LocalTimes.of(rules.timeZone())).isNull();
        assertThat(convert(LogicalType.TIMESTAMPTZ, rules, "2025-07-01 12:00:00"))
                .isEqualTo("2025-07-01T12:00:00Z");
    }

    @Test
    void anOffsetIsAZoneToo() {
        assertThat(convert(
                        LogicalType.TIMESTAMPTZ,
                        ValueRules.DEFAULT.withTimeZone(ZoneId.of("+04:00")),
                        "2025-10-10 12:10:00"))
                .isEqualTo("2025-10-10T08:10:00Z");
    }

    @Test
    @ResourceLock(Resources.TIME_ZONE)
    void theMachinesZoneIsNeverAsked() {
        TimeZone machine = TimeZone.getDefault();
        try {
            TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tbilisi"));
            assertThat(convert(LogicalType.TIMESTAMPTZ, ValueRules.DEFAULT, "2025-10-10 08:10:00"))
                    .isEqualTo("2025-10-10T08:10:00Z");
            assertThat(convert(LogicalType.TIMESTAMPTZ, BERLIN, "2025-10-10 08:10:00"))
                    .isEqualTo("2025-10-10T06:10:00Z");
        } finally {
            TimeZone.setDefault(machine);
        }
    }
}
