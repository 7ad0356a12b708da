package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.KeyedRead;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.TableId;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyedReadingTest {
    private static final TableId T = new TableId("public", "t");
    private static final String ID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";

    @TempDir
    Path directory;

    static Stream<Arguments> storages() {
        String numbers =
                "(5), (-7), (0), (9007199254740993), (2.0), ('12'), ('+13'), ('0014'), ('15.0'), (1.5), ('1e3')";
        String moments = "(1767323045), (1767323046000), (1767323047000000), ('2026-01-02'), ('2026-01-02 03:04:05'), "
                + "('2026-01-02T03:04:06Z'), ('2026-01-02 03:04:07.5+02:00'), ('2026-01-02T03:04:08.123456')";
        String uuids =
                "('" + ID + "'), ('B0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'), ('{c0eebc999c0b4ef8bb6d6bb9bd380a11}'), "
                        + "('D0EeBc99-9c0B-4ef8-bb6d-6bb9bd380a11'), ('{fFfFFfff9C0b4ef8bb6d6bb9bd380a11}'), "
                        + "('urn:uuid:10eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), ('URN:UUID:20eeBc99-9c0b-4ef8-bb6d-6bb9bd380A11'), "
                        + "(x'e0eebc999c0b4ef8bb6d6bb9bd380a11'), ('00000000000000000000000000000001')";
        String texts =
                "('a'), ('A'), (' a'), ('é😀'), (''), (5), (2.5), (1e300), ('5.0'), ('1.5e-07'), (9e999), ('NaN')";
        String booleans = "(1), ('FaLsE')";
        String blobs = "(x''), (x'00ff'), ('text'), ('é'), (CAST(x'61ff' AS TEXT))";
        return Stream.of("INTEGER", "TEXT", "REAL", "")
                .flatMap(type -> Stream.of(
                                List.of(numbers, LogicalType.INT64),
                                List.of(numbers, LogicalType.DECIMAL),
                                List.of(numbers, LogicalType.FLOAT64),
                                List.of(numbers, LogicalType.FLOAT32),
                                List.of(moments, LogicalType.TIMESTAMPTZ),
                                List.of("('2026-01-02'), ('2026-01-03 00:00:00')", LogicalType.DATE),
                                List.of("('03:04'), ('03:04:05'), ('03:04:06.7')", LogicalType.TIME),
                                List.of(uuids, LogicalType.UUID),
                                List.of(texts, LogicalType.TEXT),
                                List.of(texts, LogicalType.NATIVE),
                                List.of(booleans, LogicalType.BOOLEAN),
                                List.of(blobs, LogicalType.BYTES),
                                List.of("('{\"a\": 1}'), ('{}')", LogicalType.JSON))
                        .map(of -> Arguments.of(type, of.get(1), of.get(0))));
    }

    /** What a snapshot finds, a read by its key finds again: a row that is there is never given as deleted. */
    @ParameterizedTest(name = "{1} in a column of type \"{0}\"")
    @MethodSource("storages")
    void aRowIsFoundByItsKeyHoweverTheSourceSpellsIt(String declared, LogicalType type, String values)
            throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE t (k " + declared + " UNIQUE, v)")) {
            database.run("INSERT OR IGNORE INTO t (k) VALUES " + values, "UPDATE t SET v = rowid");
            CapturedTable table = Captured.table("t", "k", "k:" + type, "v:INT32");
            try (ChangeSource source = follow(database, table)) {
                SnapshotChunk all = source.snapshot(T, null, 100);
                List<Object[]> keys = new ArrayList<>();
                List<String> expected = new ArrayList<>();
                for (SourceRecord record : all.records()) {
                    if (record instanceof SourceRecord.Row row) {
                        keys.add(new Object[] {row.after()[0]});
                        expected.add(Captured.text(row));
                    }
                }
                assertThat(expected).isNotEmpty();
                List<String> found = new ArrayList<>();
                for (Object[] key : keys) {
                    source.read(T, List.<Object[]>of(key))
                            .records()
                            .forEach(record -> found.add(Captured.text(record)));
                }
                assertThat(found).containsAll(expected).noneMatch(record -> record.startsWith("delete"));
            }
        }
    }

    /** Berlin's clocks show half past two twice on 2025-10-26. */
    @ParameterizedTest(name = "{0}")
    @EnumSource(
            value = LogicalType.class,
            names = {"TIMESTAMP", "TIMESTAMPTZ"})
    void aTimeInTheZoneOfItsColumnIsFoundByItsIndex(LogicalType type) throws SQLException {
        String values = "('2026-01-02 03:04:05'), ('2026-07-02T03:04:05.5'), ('2026-07-03T03:04:05Z'), (1767323045), "
                + "('2025-10-26 02:30:00'), ('2025-10-26 01:30:00+00:00'), ('2026-07-04 05:00:00+02:00')";
        CapturedTable plain = Captured.table("t", "k", "k:" + type, "v:INT32");
        CapturedTable table = new CapturedTable(
                "t",
                plain.sourceColumns(),
                plain.target(),
                Map.of("k", ValueRules.DEFAULT.withTimeZone(ZoneId.of("Europe/Berlin"))));
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE t (k UNIQUE, v)")) {
            database.run("INSERT INTO t (k) VALUES " + values, "UPDATE t SET v = rowid");
            try (ChangeSource source = follow(database, table);
                    Session session = Session.reader(database.settings())) {
                TableInfo info = session.inRead(Introspection::read).tables().get("t");
                KeyedReader reader = new KeyedReader(
                        table,
                        info,
                        new SelectedRows(
                                RowSelection.all(table),
                                new RowConverter(table, database.settings().realTimestamps())));
                for (SourceRecord record : source.snapshot(T, null, 100).records()) {
                    Object[] key = {((SourceRecord.Row) record).after()[0]};
                    assertThat(source.read(T, List.<Object[]>of(key)).records())
                            .extracting(Captured::text)
                            .contains(Captured.text(record));
                }
                long local = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse("2026-01-02T03:04:05Z"));
                long key = type == LogicalType.TIMESTAMP ? local : local - TimeUnit.HOURS.toMicros(1);
                assertThat(reader.usual(new Object[] {key})).contains("2026-01-02 03:04:05", 1767319445L);
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void uuidsInAnyMixtureOfSpellingsAreFoundAndOnlyThey(long seed) throws SQLException {
        Random random = new Random(seed);
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE t (k TEXT PRIMARY KEY, v)")) {
            List<Object[]> keys = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                UUID id = new UUID(random.nextLong(), random.nextLong());
                keys.add(new Object[] {id});
                if (i % 4 > 0) {
                    database.insert("INSERT INTO t VALUES (?, ?)", spelled(id, random), i);
                }
            }
            try (ChangeSource source = follow(database, Captured.table("t", "k", "k:UUID", "v:INT32"))) {
                KeyedRead read = source.read(T, keys);
                assertThat(read.answered()).isEqualTo(100);
                assertThat(read.records()).hasSize(100);
                for (int i = 0; i < 100; i++) {
                    String key = KeyText.of(keys.get(i));
                    assertThat(Captured.text(read.records().get(i)))
                            .isEqualTo(i % 4 > 0 ? "read t" + key.replace("]", "," + i + "]") : "delete t" + key);
                }
            }
        }
    }

    private static Object spelled(UUID id, Random random) {
        if (random.nextInt(4) == 0) {
            return ByteBuffer.allocate(16)
                    .putLong(id.getMostSignificantBits())
                    .putLong(id.getLeastSignificantBits())
                    .array();
        }
        String text = random.nextBoolean() ? id.toString() : id.toString().replace("-", "");
        StringBuilder mixed = new StringBuilder();
        text.chars().forEach(c -> mixed.append((char) (random.nextBoolean() ? c : Character.toUpperCase(c))));
        if (text.length() == 36 && random.nextInt(4) == 0) {
            return "urn:uuid:" + mixed;
        }
        return random.nextInt(3) == 0 ? "{" + mixed + "}" : mixed.toString();
    }

    @ParameterizedTest(name = "{0} in a column of type {1}")
    @MethodSource("indexed")
    void anIndexAnswersForEverySpelling(LogicalType type, String declared, Object key) throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory, "CREATE TABLE t (k " + declared + ", l INTEGER, v, PRIMARY KEY (k, l)) WITHOUT ROWID")) {
            CapturedTable table = Captured.table("t", "k,l", "k:" + type, "l:INT32", "v:INT32");
            try (Session session = Session.reader(database.settings())) {
                TableInfo info = session.inRead(Introspection::read).tables().get("t");
                KeyedReader reader = new KeyedReader(
                        table,
                        info,
                        new SelectedRows(
                                RowSelection.all(table),
                                new RowConverter(table, database.settings().realTimestamps())));
                String plan = String.join(
                        "\n", database.query("EXPLAIN QUERY PLAN " + reader.statement(new Object[] {key, 1})));
                assertThat(plan)
                        .contains("SEARCH t USING PRIMARY KEY (k=? AND l=?)")
                        .doesNotContain("SCAN");
            }
        }
    }

    static Stream<Arguments> indexed() {
        return Stream.of(
                Arguments.of(LogicalType.UUID, "TEXT", UUID.fromString(ID)),
                Arguments.of(LogicalType.UUID, "BLOB", UUID.fromString(ID)),
                Arguments.of(LogicalType.INT64, "INTEGER", 5L),
                Arguments.of(LogicalType.DECIMAL, "NUMERIC", "1.50"),
                Arguments.of(LogicalType.TEXT, "TEXT", "a"));
    }

    @Test
    void aKeyThatIsSpelledTwiceGivesBothRowsAndAnUnusualSpellingIsLookedForOnlyWhereThereIsOne() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (k TEXT PRIMARY KEY, v)",
                "INSERT INTO t VALUES ('7', 1), ('007', 2), ('8', 3)")) {
            try (ChangeSource source = follow(database, Captured.table("t", "k", "k:INT32", "v:INT32"))) {
                assertThat(texts(source, 8, 9)).containsExactly("read t[8,3]", "delete t[9]");
                database.run("UPDATE t SET k = '00008' WHERE v = 3");
                assertThat(texts(source, 8, 9)).containsExactly("read t[8,3]", "delete t[9]");
            }
        }
    }

    @Test
    void largeRowsEndAReadEarly() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE t (k INTEGER PRIMARY KEY, v)")) {
            database.run("INSERT INTO t VALUES (1, zeroblob(20000000)), (2, zeroblob(20000000)), (3, x'00')");
            try (ChangeSource source = follow(database, Captured.table("t", "k", "k:INT32", "v:BYTES"))) {
                KeyedRead read = source.read(T, List.of(new Object[] {1}, new Object[] {2}, new Object[] {3}));
                assertThat(read.answered()).isEqualTo(2);
                assertThat(read.records()).hasSize(2);
                assertThat(source.read(T, List.<Object[]>of(new Object[] {3})).records())
                        .singleElement()
                        .satisfies(record -> assertThat(record.op()).isEqualTo(Op.READ));
            }
        }
    }

    @Test
    void aRowThatCannotBeConvertedIsRefusedNotDeleted() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory, "CREATE TABLE t (k INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, 'no number')")) {
            try (ChangeSource source = follow(database, Captured.table("t", "k", "k:INT32", "v:INT32"))) {
                assertThat(texts(source, 1)).containsExactly("refused read t[1] v not-an-integer");
            }
        }
    }

    private static List<String> texts(ChangeSource source, Integer... keys) {
        return source.read(T, Stream.of(keys).map(key -> new Object[] {key}).toList()).records().stream()
                .map(Captured::text)
                .toList();
    }

    private static ChangeSource follow(TestDatabase database, CapturedTable table) {
        return Captured.open(SqliteConnector.of(database.settings()), List.of(table));
    }
}
