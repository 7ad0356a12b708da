package dev.sluice.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.KeyedRead;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.RowText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Keys that the two sides spell in different ways, while the pipeline runs. */
final class SpellingsTest {
    private final VerificationWorld world = new VerificationWorld();

    @AfterEach
    void disconnect() {
        world.close();
    }

    @Test
    void keysWithPaddingScalesAndOtherSpellingsAreTheSame() {
        assertThat(found("character(5)", LogicalType.TEXT, "'ab'", "'cd'", "'xx'", "ab", "cd"))
                .isEqualTo("extra [\"xx\"]");
        assertThat(found("numeric(10,2)", LogicalType.DECIMAL, "1.5", "2", "3", "1.5", "2.000"))
                .isEqualTo("extra [\"3.00\"]");
        assertThat(found("numeric", LogicalType.DECIMAL, "1.50", "2", "3.0", "1.5", "2.000"))
                .isEqualTo("different [\"1.5\"] [k]; different [\"2.000\"] [k]; extra [\"3.0\"]");
        assertThat(found("inet", LogicalType.NATIVE, "'10.0.0.1'", "'::1'", "'10.0.0.9'", "10.0.0.1/32", "0::1"))
                .isEqualTo("extra [\"10.0.0.9/32\"]");
    }

    @Test
    void anExtraKeyThatTheSourceMaySpellInAnotherWayAndThatIsNewIsNotCalledExtra() {
        prepare("inet", LogicalType.NATIVE, "'10.0.0.1'", "'::1'", "'10.0.0.9'");
        world.execute("UPDATE t SET _sluice_seq = 100 WHERE k = '10.0.0.9'");

        assertThat(verdicts(source("inet", LogicalType.NATIVE, "10.0.0.1", "::1")))
                .as("perhaps it came since the source was read")
                .isEqualTo("unsettled [\"10.0.0.9/32\"]");
    }

    @Test
    void aSampleTakesNothingForExtraThatTheSourceSpellsInAnotherWay() {
        world.execute("CREATE TABLE t (k inet PRIMARY KEY, v text)");
        Object[][] rows = new Object[200][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = new Object[] {"0::" + Integer.toHexString(i + 1), "v"};
            world.execute("INSERT INTO t VALUES ('" + rows[i][0] + "', 'v')");
        }
        Table table = table("inet", LogicalType.NATIVE);
        world.prepare(new CapturedTable("t", List.of("k", "v"), table));
        world.execute("UPDATE t SET _sluice_seq = 3", "UPDATE sluice.progress SET sequence = 50");
        RowsSource source = new RowsSource().with(table, rows);

        Result result = world.verification(source, new Standing(source), VerificationWorld.settings(50, false))
                .run(Mode.SAMPLE, 30, world.tasks(), true, VerificationWorld.SILENT);

        assertThat(world.verdicts(result.tables().get(0))).isEmpty();
        assertThat(result.tables().get(0).matched()).isBetween(20L, 110L);
    }

    @Test
    void aRefusedRowThatIsSpeltInAnotherWayIsNoExtraRow() {
        prepare("inet", LogicalType.NATIVE, "'10.0.0.1'", "'::1'", "'::9'");
        world.execute(
                "INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, reason, message) VALUES"
                        + " ('demo', 'main', 'public.t', '[\"0::9\"]', 40, 'u', 'x', 'y')");
        RowsSource source = source("inet", LogicalType.NATIVE, "10.0.0.1", "::1")
                .refusing(table("inet", LogicalType.NATIVE), "[\"0::9\"]");

        assertThat(verdicts(source)).isEqualTo("dead-letter [\"0::9\"]");
    }

    @Test
    void aKeyThatPostgresqlDoesNotTakeIsMissingAndEndsNothing() {
        world.execute("CREATE TYPE mood AS ENUM ('good', 'bad')");
        prepare("mood", LogicalType.NATIVE, "'good'");

        assertThat(verdicts(source("mood", LogicalType.NATIVE, "good", "ugly"))).isEqualTo("missing [\"ugly\"]");
    }

    @Test
    void domainsAreComparedAsTheTypesThatTheyStandFor() {
        world.execute(
                "CREATE DOMAIN money_amount AS numeric(12,2)",
                "CREATE DOMAIN price AS money_amount",
                "CREATE DOMAIN code AS character(6)");
        assertThat(found("price", LogicalType.DECIMAL, "5", "6.10", "7", "5", "6.1"))
                .isEqualTo("extra [\"7.00\"]");
        assertThat(found("code", LogicalType.TEXT, "'ab'", "'cd'", "'xx'", "ab", "cd "))
                .isEqualTo("extra [\"xx\"]");
    }

    @Test
    void extraRowsWhoseKeysMayBeSpeltInAnotherWayAreNotRepaired() {
        prepare("inet", LogicalType.NATIVE, "'10.0.0.1'", "'::1'", "'::9'");
        RowsSource source = source("inet", LogicalType.NATIVE, "10.0.0.1", "::1");
        assertThat(verdicts(source)).isEqualTo("extra [\"::9/128\"]");
        List<String> said = new ArrayList<>();

        Result result = world.verification(source, new Standing(source), VerificationWorld.settings(10, false))
                .repair(world.tasks(), VerificationWorld.saying(said));

        assertThat(world.verdicts(result.tables().get(0))).isEqualTo("extra [\"::9/128\"]");
        assertThat(said).singleElement().asString().contains("extra rows of table public.t are not repaired");
    }

    /** Two keys of both sides, and one that only the target has. */
    private String found(
            String nativeType, LogicalType type, String one, String two, String extra, String hereOne, String hereTwo) {
        prepare(nativeType, type, one, two, extra);
        String verdicts = verdicts(source(nativeType, type, hereOne, hereTwo));
        world.execute("DROP TABLE t", "DELETE FROM sluice.tables");
        world.tasks().clear();
        return verdicts;
    }

    private void prepare(String nativeType, LogicalType type, String... keys) {
        world.execute("CREATE TABLE t (k " + nativeType + " PRIMARY KEY, v text)");
        for (String key : keys) {
            world.execute("INSERT INTO t VALUES (" + key + ", 'v')");
        }
        world.prepare(new CapturedTable("t", List.of("k", "v"), table(nativeType, type)));
        world.execute("UPDATE t SET _sluice_seq = 3", "UPDATE sluice.progress SET sequence = 50");
    }

    private static Table table(String nativeType, LogicalType type) {
        return new Table(
                TableId.parse("t"),
                List.of(
                        new Column("k", type, nativeType, false, false),
                        new Column("v", LogicalType.TEXT, "text", true, false)),
                List.of("k"),
                List.of(),
                List.of());
    }

    private static RowsSource source(String nativeType, LogicalType type, String one, String two) {
        return new RowsSource().with(table(nativeType, type), new Object[] {one, "v"}, new Object[] {two, "v"});
    }

    private String verdicts(RowsSource source) {
        Verification verification =
                world.verification(source, new Standing(source), VerificationWorld.settings(10, false));
        return world.verdicts(verification
                .run(Mode.FULL, 100, world.tasks(), true, VerificationWorld.SILENT)
                .tables()
                .get(0));
    }

    /** A pipeline that runs while nobody writes. */
    private final class Standing implements Passage {
        private final RowsSource source;

        private Standing(RowsSource source) {
            this.source = source;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void awaitPresent(TableId table) {}

        @Override
        public List<Moment> compare(TableId table, List<String> keys) {
            Table target = source.tables().get(0).target();
            Map<String, Optional<String>> rows = new LinkedHashMap<>();
            for (String key : keys) {
                List<Object[]> asked = new ArrayList<>();
                asked.add(RowText.parse(Keys.columns(target), key));
                KeyedRead read = source.read(table, asked);
                SourceRecord.Row row = (SourceRecord.Row) read.records().get(0);
                rows.put(key, Optional.ofNullable(row.after()).map(RowText::of));
                world.execute(
                        "INSERT INTO sluice.compared (pipeline, signal, table_name, key, sequence, row) SELECT 'demo', 's', 'public.t', '%s', 60, (SELECT t::text FROM t WHERE k::text = '%s')"
                                .formatted(key, asked.get(0)[0]));
            }
            return List.of(new Moment("s", new Compared(rows, Map.of())));
        }

        @Override
        public void forget(String signal) {
            world.execute("DELETE FROM sluice.compared");
        }

        @Override
        public void refresh(TableId table, List<String> keys) {}
    }
}
