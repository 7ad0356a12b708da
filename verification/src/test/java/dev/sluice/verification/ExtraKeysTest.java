package dev.sluice.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ExtraKeysTest {
    private Connection target;

    @BeforeEach
    void connect() throws SQLException {
        target = DriverManager.getConnection(LocalPostgres.temporary().createDatabase());
    }

    @AfterEach
    void disconnect() throws SQLException {
        target.close();
    }

    @Test
    void keysThatTheSourceDoesNotHoldAreFoundPageByPage() throws SQLException {
        Table table = table("t", column("a", LogicalType.INT64, "bigint"), column("b", LogicalType.TEXT, "text"));
        execute("CREATE TABLE t (a bigint, b text, PRIMARY KEY (a, b))");
        execute("INSERT INTO t SELECT i / 3, 'k' || i FROM generate_series(0, 2999) i");
        Object[][] rows = LongStream.range(0, 3_000)
                .filter(i -> i % 1_000 != 7)
                .mapToObj(i -> new Object[] {i / 3, "k" + i})
                .toArray(Object[][]::new);
        RowsSource source = new RowsSource().with(table, rows);
        ExtraKeys extra = ExtraKeys.of(source, table);
        List<Object[]> found = new ArrayList<>();
        int pages = 0;
        while (!extra.isAtEnd()) {
            found.addAll(extra.next(target));
            pages++;
        }
        assertThat(found).extracting(KeyText::of).containsExactly("[2,\"k7\"]", "[335,\"k1007\"]", "[669,\"k2007\"]");
        assertThat(extra.seen()).isEqualTo(3_000);
        assertThat(pages).isEqualTo(4);
        assertThat(extra.count(target, found)).isEqualTo(3);
        execute("DELETE FROM t WHERE b = 'k7'");
        assertThat(extra.count(target, found)).isEqualTo(2);
    }

    @Test
    void rowsThatSluiceNeverWroteAreNotLookedForWhereTheyMayBe() throws SQLException {
        Table table = table("t", column("a", LogicalType.INT64, "bigint"));
        execute("CREATE TABLE t (a bigint PRIMARY KEY, _sluice_seq bigint)");
        execute("INSERT INTO t SELECT i, CASE WHEN i % 3 > 0 THEN i END FROM generate_series(1, 3000) i");
        Object[][] rows = LongStream.range(0, 3_000)
                .filter(i -> i % 1_000 != 7 && i % 1_000 != 9)
                .mapToObj(i -> new Object[] {i})
                .toArray(Object[][]::new);
        ExtraKeys extra = ExtraKeys.ofRowsWritten(new RowsSource().with(table, rows), table);
        List<Object[]> found = new ArrayList<>();
        while (!extra.isAtEnd()) {
            found.addAll(extra.next(target));
        }
        assertThat(found).extracting(KeyText::of).containsExactly("[7]", "[1007]", "[1009]", "[2009]");
        assertThat(extra.seen()).isEqualTo(2_000);
    }

    @Test
    void keysOfEveryTypeAreAskedForAsTheSourceGaveThem() throws SQLException {
        List<Key> keys = List.of(
                new Key(LogicalType.BOOLEAN, "boolean", "false", "true", true),
                new Key(LogicalType.INT16, "smallint", "-5", "7", 7),
                new Key(LogicalType.FLOAT64, "double precision", "0.1", "Infinity", Double.POSITIVE_INFINITY),
                new Key(LogicalType.FLOAT32, "real", "0.1", "0.3", 0.3f),
                new Key(LogicalType.DECIMAL, "numeric(10,2)", "-1.5", "2.5", "2.50"),
                new Key(LogicalType.TEXT, "character varying(20)", "é ", "ü", "ü"),
                new Key(LogicalType.BYTES, "bytea", "\\x00ff", "\\x01", new byte[] {1}),
                new Key(
                        LogicalType.UUID,
                        "uuid",
                        "3f2b8c1e-9d74-4b6a-a1c0-0123456789ab",
                        "ff2b8c1e-9d74-4b6a-a1c0-0123456789ab",
                        UUID.fromString("ff2b8c1e-9d74-4b6a-a1c0-0123456789ab")),
                new Key(LogicalType.DATE, "date", "0044-03-15 BC", "infinity", Integer.MAX_VALUE),
                new Key(LogicalType.TIME, "time without time zone", "00:00", "24:00", 86_400_000_000L),
                new Key(
                        LogicalType.TIMESTAMP,
                        "timestamp without time zone",
                        "-infinity",
                        "1970-01-01 00:00:00.000001",
                        1L),
                new Key(
                        LogicalType.TIMESTAMPTZ,
                        "timestamp with time zone",
                        "1969-12-31 23:00+00",
                        "1970-01-01 01:00:00+01",
                        0L));
        for (int i = 0; i < keys.size(); i++) {
            Key key = keys.get(i);
            Table table = table("t" + i, column("id", key.type, key.nativeType));
            execute("CREATE TABLE t" + i + " (id " + key.nativeType + " PRIMARY KEY)");
            execute("INSERT INTO t" + i + " VALUES ('" + key.absent + "'), ('" + key.present + "')");
            RowsSource source = new RowsSource().with(table, new Object[][] {{key.value}});
            ExtraKeys extra = ExtraKeys.of(source, table);
            List<Object[]> found = extra.next(target);
            assertThat(found).as(key.nativeType).hasSize(1);
            assertThat(KeyText.of(found.get(0))).as(key.nativeType).isNotEqualTo(KeyText.of(new Object[] {key.value}));
            assertThat(extra.count(target, found)).as(key.nativeType).isEqualTo(1);
            assertThat(ExtraKeys.obstacle(source, table)).isEmpty();
        }
    }

    @Test
    void keysThatTheTargetSpellsInItsOwnWayAreNotLookedFor() {
        for (Column key : List.of(
                column("id", LogicalType.NATIVE, "inet"),
                column("id", LogicalType.TEXT, "character(3)"),
                column("id", LogicalType.TEXT, "citext"))) {
            Table table = table("t", column("a", LogicalType.INT64, "bigint"), key);
            assertThat(ExtraKeys.obstacle(new RowsSource().with(table), table).orElseThrow())
                    .contains("id", key.nativeType());
        }
    }

    /** Two rows, one of which the source holds. */
    private record Key(LogicalType type, String nativeType, String absent, String present, Object value) {}

    private static Table table(String name, Column... key) {
        List<String> names = List.of(key).stream().map(Column::name).toList();
        return new Table(new TableId("public", name), List.of(key), names, List.of(), List.of());
    }

    private static Column column(String name, LogicalType type, String nativeType) {
        return new Column(name, type, nativeType, false, false);
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = target.createStatement()) {
            statement.execute(sql);
        }
    }
}
