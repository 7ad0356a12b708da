package dev.sluice.sinks.postgresql.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.TestSql;
import dev.sluice.sinks.postgresql.apply.LaneCursor;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaneRegistryTest {
    private static final LaneLayout JOINED = layout(Map.of("main", List.of("a", "b", "c")));
    private static final LaneLayout SPLIT = layout(Map.of("public.a", List.of("a", "b"), "public.c", List.of("c")));

    private final TargetDatabase database = TargetDatabase.open(
            TargetSettings.of(LocalPostgres.temporary().createDatabase()), "p", InstantSource.system());
    private final TargetPreparation preparation = new TargetPreparation(database, "p", InstantSource.system());
    private final LaneRegistry registry = new LaneRegistry(database, "p");

    LaneRegistryTest() {
        Stream.of("a", "b", "c").forEach(name -> sql("CREATE TABLE " + name + " (id bigint PRIMARY KEY)"));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void sql(String sql) {
        TestSql.run(database, sql);
    }

    private List<String> rows(String sql) {
        return TestSql.rows(database, sql);
    }

    private static LaneLayout layout(Map<String, List<String>> lanes) {
        TreeMap<String, SortedSet<TableId>> members = new TreeMap<>();
        lanes.forEach((lane, names) -> {
            TreeSet<TableId> tables = new TreeSet<>();
            names.forEach(name -> tables.add(TableId.parse(name)));
            members.put(lane, tables);
        });
        return new LaneLayout(members);
    }

    private void prepare(LaneLayout lanes) {
        TargetCatalog target = TargetCatalog.read(database, List.of("public"));
        Catalog captured = Catalog.of(lanes.members().values().stream()
                .flatMap(tables -> tables.stream())
                .map(id -> target.table(id).orElseThrow().toTable())
                .toList());
        preparation.prepare(new PreparationRequest("id", "sqlite", lanes, captured, true, true), false);
    }

    @Test
    void thePreparedLayoutIsStoredOnceAndKept() {
        assertThat(registry.read()).isEmpty();
        assertThatThrownBy(() -> registry.createIfAbsent(SPLIT)).hasMessageContaining("is not prepared");
        prepare(SPLIT);
        assertThat(registry.read().orElseThrow().layout()).isEqualTo(SPLIT);
        assertThat(registry.createIfAbsent(JOINED).layout()).isEqualTo(SPLIT);
        assertThat(registry.read().orElseThrow().lane("public.a").orElseThrow())
                .isEqualTo(new StoredLayout.Lane(
                        "public.a", new TreeSet<>(List.of(TableId.parse("a"), TableId.parse("b"))), 1, List.of()));
        assertThat(rows("SELECT lane || ' ' || sequence FROM sluice.progress ORDER BY 1"))
                .containsExactly("public.a 0", "public.c 0");
    }

    @Test
    void aStoppedLaneSaysWhyUntilItRunsAgain() {
        prepare(SPLIT);
        registry.report("public.a", "a gap");
        String states =
                "SELECT lane || ' ' || coalesce(state, '-') || ' ' || coalesce(message, '-') FROM sluice.lanes ORDER BY 1";
        assertThat(rows(states)).containsExactly("public.a stopped a gap", "public.c - -");
        registry.report("public.a", null);
        assertThat(rows(states)).containsExactly("public.a running -", "public.c - -");
        prepare(layout(Map.of("public.a", List.of("a", "b"))));
        registry.report("public.c", null);
        assertThat(rows(states)).contains("public.c retired none of its tables is captured any longer");
    }

    @Test
    void tablesComeAndGoWithoutMovingOthers() {
        prepare(layout(Map.of("public.a", List.of("a"))));
        sql("ALTER TABLE c ADD COLUMN _sluice_seq bigint");
        sql("INSERT INTO c VALUES (1, 70)");
        prepare(SPLIT);
        assertThat(registry.read().orElseThrow().layout()).isEqualTo(SPLIT);
        assertThat(rows("SELECT lane || ' ' || sequence FROM sluice.progress ORDER BY 1"))
                .as("behind what its rows know")
                .containsExactly("public.a 0", "public.c 70");
        prepare(layout(Map.of("public.a", List.of("a", "b"))));
        assertThat(rows("SELECT state FROM sluice.lanes WHERE lane = 'public.c'"))
                .containsExactly("retired");
        assertThat(rows("SELECT lane FROM sluice.progress")).containsExactly("public.a");
        prepare(SPLIT);
        assertThat(registry.read().orElseThrow().layout()).isEqualTo(SPLIT);
    }

    @Test
    void aTableThatWouldChangeItsLaneIsRefusedWithTheCommandThatMovesIt() {
        prepare(JOINED);
        assertThat(registry.read().orElseThrow().moved(SPLIT))
                .hasSize(3)
                .containsEntry(TableId.parse("c"), new StoredLayout.Move("main", "public.c"));
        assertThatThrownBy(() -> prepare(SPLIT))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("table public.c from lane main to lane public.c")
                .hasMessageContaining("sluice lanes migrate");
        assertThat(registry.read().orElseThrow().layout()).isEqualTo(JOINED);
    }

    @Test
    void aSplitRetiresTheOldLaneFencesItsSinkAndBeginsTheNewOnesAboveIt() throws Exception {
        prepare(JOINED);
        LaneCursor old = new LaneCursor("p", "main");
        database.transactOnce(old::claim);
        sql("UPDATE sluice.progress SET sequence = 50, source_time = '2024-01-01 00:00:00+00'");
        sql(
                "INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, reason, message) VALUES ('p', 'main', 'public.c', '[3]', 7, 'c', 'check', 'm')");
        Map<String, Long> firsts = Map.of("public.a", 51L, "public.c", 60L);
        assertThatThrownBy(() -> registry.replace(JOINED, SPLIT, Map.of("public.a", 51L, "public.c", 50L)))
                .hasMessageContaining("lane public.c cannot begin at sequence 50: its tables were in lane main");

        StoredLayout now = registry.replace(JOINED, SPLIT, firsts);

        assertThat(now.layout()).isEqualTo(SPLIT);
        assertThat(now.lane("public.c").orElseThrow().ancestors()).containsExactly("main");
        assertThat(now.lane("public.c").orElseThrow().firstSequence()).isEqualTo(60);
        assertThat(
                        rows(
                                "SELECT lane || ' ' || sequence || ' ' || ordered_offset || ' ' || source_time::date FROM sluice.progress ORDER BY 1"))
                .containsExactly("public.a 50 -1 2024-01-01", "public.c 59 -1 2024-01-01");
        assertThat(rows("SELECT lane FROM sluice.dead_letters")).containsExactly("public.c");
        assertThatThrownBy(() -> database.transactOnce(old::lock))
                .hasMessageContaining("lane main of pipeline p is retired: its tables are in other lanes now");
        assertThat(PipelineStatus.read(database, "p").lanes().stream().map(PipelineStatus.Lane::name))
                .containsExactly("public.a", "public.c");
        assertThat(registry.replace(JOINED, SPLIT, firsts)).as("repeated").isEqualTo(now);
    }

    @Test
    void aMergeIntoALaneOfTheSameNameFencesItAndLeavesOthersAlone() throws Exception {
        LaneLayout three = layout(Map.of("public.a", List.of("a"), "public.b", List.of("b"), "public.c", List.of("c")));
        LaneLayout merged = layout(Map.of("public.a", List.of("a", "b"), "public.c", List.of("c")));
        prepare(three);
        LaneCursor changed = new LaneCursor("p", "public.a");
        LaneCursor untouched = new LaneCursor("p", "public.c");
        database.transactOnce(changed::claim);
        database.transactOnce(untouched::claim);
        sql("UPDATE sluice.progress SET sequence = 10 WHERE lane = 'public.a'");
        sql("UPDATE sluice.progress SET sequence = 20 WHERE lane = 'public.b'");
        registry.replace(three, merged, Map.of("public.a", 21L));
        assertThat(registry.read().orElseThrow().lane("public.a").orElseThrow().ancestors())
                .containsExactly("public.a", "public.b");
        assertThatThrownBy(() -> database.transactOnce(changed::lock)).hasMessageContaining("claimed by a newer sink");
        assertThat(database.transactOnce(untouched::lock).sequence()).isZero();
        assertThat(rows("SELECT lane || ' ' || sequence FROM sluice.progress ORDER BY 1"))
                .containsExactly("public.a 20", "public.c 0");
    }

    @Test
    void rowsThatWaitAndAnUnexpectedLayoutAreRefused() {
        prepare(JOINED);
        assertThatThrownBy(() -> registry.replace(layout(Map.of("main", List.of("a"))), SPLIT, Map.of()))
                .hasMessageContaining("somebody else migrates them");
        sql("INSERT INTO sluice.waiting VALUES ('p', 'main', 'public.b', '[2]', 'wait', 6, 6, '{}')");
        assertThatThrownBy(() -> registry.replace(JOINED, SPLIT, Map.of("public.a", 51L, "public.c", 60L)))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("1 of public.b");
        assertThat(registry.read().orElseThrow().layout()).isEqualTo(JOINED);
    }

    private void schemaOfVersion(int version) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                LaneRegistryTest.class.getResourceAsStream("schema-version-" + version + ".sql"))) {
            sql(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void aSchemaOfVersion2IsReadAndBroughtUpToDateWithItsDeadLetters() throws IOException {
        schemaOfVersion(2);
        Stream.of("a", "b", "c").forEach(name -> sql("ALTER TABLE " + name + " ADD COLUMN _sluice_seq bigint"));
        sql("INSERT INTO sluice.pipelines VALUES ('p', 'id', 'sqlite', 1, 5)");
        sql("INSERT INTO sluice.progress VALUES ('p', 'main', 'id', 40, 7, 3)");
        sql("INSERT INTO sluice.lanes (pipeline, lane, tables) VALUES ('p', 'main', '{public.a,public.b,public.c}')");
        sql("INSERT INTO sluice.tables SELECT 'p', 'public.' || t, 'live' FROM unnest('{a,b,c}'::text[]) t");
        sql("INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, reason, message)"
                + " VALUES ('p', 'main', 'public.a', '[1]', 9, 'c', 'unique', 'refused')");

        assertThat(registry.read().orElseThrow().layout()).isEqualTo(JOINED);
        assertThat(PipelineStatus.read(database, "p").openDeadLetters()).isEqualTo(1);
        DeadLetterList letters = new DeadLetterList(database, "p");
        assertThatThrownBy(() -> letters.tables(DeadLetterList.Filter.ALL))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("sluice prepare");
        assertThat(new WaitingList(database, "p").accept(WaitingList.Filter.ALL, "me", "why"))
                .as("what version 2 had goes on working")
                .isZero();
        prepare(JOINED);

        assertThat(rows("SELECT obj_description('sluice'::regnamespace, 'pg_namespace')"))
                .containsExactly("Sluice control schema, version 6");
        assertThat(letters.tables(DeadLetterList.Filter.ALL)).containsExactly(new TableId("public", "a"));
        assertThat(letters.discard(DeadLetterList.Filter.ALL, "me", "why")).isEqualTo(1);
    }

    @Test
    void aSchemaOfVersion1IsReadAndBroughtUpToDateWithItsRows() throws IOException {
        schemaOfVersion(1);
        Stream.of("a", "b", "c").forEach(name -> sql("ALTER TABLE " + name + " ADD COLUMN _sluice_seq bigint"));
        sql("INSERT INTO sluice.pipelines VALUES ('p', 'id', 'sqlite', 1, 5), ('q', 'other', 'sqlite', 1, 1)");
        sql("INSERT INTO sluice.progress VALUES ('p', 'main', 'id', 40, 7, 3), ('q', 'main', 'other', 1, 1, 1)");
        sql("INSERT INTO sluice.tables SELECT 'p', 'public.' || t, 'live', 1, 0 FROM unnest('{a,b,c}'::text[]) t");
        sql("INSERT INTO sluice.lanes VALUES ('p', 'main', 'stopped', 'because')");
        sql("INSERT INTO sluice.waiting VALUES ('p', 'main', 'public.b', '[2]', 'wait', 6, 6, '{}')");

        assertThat(PipelineStatus.read(database, "p").waiting()).isEqualTo(1);
        StoredLayout before = registry.read().orElseThrow();
        assertThat(before.layout()).isEqualTo(JOINED);
        prepare(JOINED);

        assertThat(registry.read()).contains(before);
        assertThat(before.lanes().get(0).firstSequence()).isEqualTo(5);
        assertThat(rows("SELECT obj_description('sluice'::regnamespace, 'pg_namespace')"))
                .containsExactly("Sluice control schema, version 6");
        assertThat(rows("SELECT pipeline || ' ' || coalesce(state, 'none') FROM sluice.lanes ORDER BY 1"))
                .containsExactly("p stopped", "q none");
        assertThat(rows("SELECT sequence FROM sluice.progress WHERE pipeline = 'p'"))
                .containsExactly("40");
        assertThat(rows("SELECT key FROM sluice.waiting")).containsExactly("[2]");
        preparation.remove(false, false);
        assertThat(rows("SELECT pipeline FROM sluice.lanes")).containsExactly("q");
    }

    @Test
    void aSchemaOfVersion3IsBroughtUpToDateAndItsLoadedTablesCountAsAnalyzed() throws IOException {
        schemaOfVersion(3);
        Stream.of("a", "b", "c").forEach(name -> sql("ALTER TABLE " + name + " ADD COLUMN _sluice_seq bigint"));
        sql("INSERT INTO sluice.pipelines VALUES ('p', 'id', 'sqlite', 1, 5)");
        sql("INSERT INTO sluice.progress VALUES ('p', 'main', 'id', 40, 7, 3)");
        sql("INSERT INTO sluice.lanes (pipeline, lane, tables) VALUES ('p', 'main', '{public.a,public.b,public.c}')");
        sql("INSERT INTO sluice.tables SELECT 'p', 'public.' || t, 'live' FROM unnest('{a,b}'::text[]) t");
        sql("INSERT INTO sluice.tables VALUES ('p', 'public.c', 'loading')");
        prepare(JOINED);

        assertThat(rows("SELECT obj_description('sluice'::regnamespace, 'pg_namespace')"))
                .containsExactly("Sluice control schema, version 6");
        assertThat(
                        rows(
                                "SELECT table_name || ' ' || guard || ' ' || (analyzed_at IS NULL) FROM sluice.tables ORDER BY 1"))
                .containsExactly("public.a column false", "public.b column false", "public.c column true");
    }

    @Test
    void aSchemaOfVersion4IsBroughtUpToDateAndWhatIsOpenOfASnapshotIsKnown() throws IOException {
        schemaOfVersion(4);
        Stream.of("a", "b", "c").forEach(name -> sql("ALTER TABLE " + name + " ADD COLUMN _sluice_seq bigint"));
        sql("INSERT INTO sluice.pipelines VALUES ('p', 'id', 'sqlite', 1, 5)");
        sql("INSERT INTO sluice.progress VALUES ('p', 'main', 'id', 40, 7, 3)");
        sql("INSERT INTO sluice.lanes (pipeline, lane, tables) VALUES ('p', 'main', '{public.a,public.b,public.c}')");
        sql("INSERT INTO sluice.tables SELECT 'p', 'public.' || t, 'live', 3 FROM unnest('{a,b,c}'::text[]) t");
        sql("INSERT INTO sluice.transformed VALUES ('p', 'public.a', 'v', 'truncate', 2)");
        sql("INSERT INTO sluice.waiting SELECT 'p', 'main', 'public.b', '[' || k || ']', k, 6, 6"
                + " FROM unnest('{wait,stale,hold}'::text[]) k");
        sql(
                "INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, reason, message)"
                        + " VALUES ('p', 'main', 'public.a', '[1]', 9, 'c', 'unique', 'refused'), ('p', 'main', 'public.a', '[2]', 9, 'r', 'unique', 'refused')");
        prepare(JOINED);

        assertThat(rows("SELECT obj_description('sluice'::regnamespace, 'pg_namespace')"))
                .containsExactly("Sluice control schema, version 6");
        assertThat(rows("SELECT key FROM sluice.dead_letters WHERE snapshot UNION ALL SELECT key FROM sluice.waiting"
                        + " WHERE snapshot ORDER BY 1"))
                .containsExactly("[2]", "[wait]");
        assertThat(rows("SELECT DISTINCT snapshot_rows || ' ' || (snapshot_came IS NULL) FROM sluice.tables"))
                .containsExactly("3 true");
        assertThat(rows("SELECT count || ' ' || samples::text FROM sluice.transformed"))
                .containsExactly("2 {}");
    }

    @Test
    void aSchemaOfVersion5IsReadAndBroughtUpToDateWithRoomForComparisons() throws IOException {
        schemaOfVersion(5);
        aPipelineOfVersion5();
        assertThat(Verified.read(database, "p").newest()).isEmpty();
        assertThat(Verified.read(database, "p").lastClean()).isEmpty();
        assertThatThrownBy(preparation::requireCurrent)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("sluice prepare");
        prepare(JOINED);

        preparation.requireCurrent();
        assertThat(rows("SELECT obj_description('sluice'::regnamespace, 'pg_namespace')"))
                .containsExactly("Sluice control schema, version 6");
        assertThat(rows("SELECT snapshot_came || ' ' || live_upserts FROM sluice.tables WHERE table_name = 'public.a'"))
                .containsExactly("3 4");
        assertThat(rows("SELECT (SELECT count(*) FROM sluice.verifications) + (SELECT count(*) FROM sluice.compared)"))
                .containsExactly("0");
        assertThat(Verified.read(database, "p").newest()).isEmpty();
    }

    private void aPipelineOfVersion5() {
        Stream.of("a", "b", "c").forEach(name -> sql("ALTER TABLE " + name + " ADD COLUMN _sluice_seq bigint"));
        sql("INSERT INTO sluice.pipelines VALUES ('p', 'id', 'sqlite', 1, 5)");
        sql("INSERT INTO sluice.progress VALUES ('p', 'main', 'id', 40, 7, 3)");
        sql("INSERT INTO sluice.lanes (pipeline, lane, tables) VALUES ('p', 'main', '{public.a,public.b,public.c}')");
        sql("INSERT INTO sluice.tables (pipeline, table_name, phase, snapshot_came, live_upserts)"
                + " SELECT 'p', 'public.' || t, 'live', 3, 4 FROM unnest('{a,b,c}'::text[]) t");
    }

    @Test
    void aPipelineOfAnOlderSchemaIsRemoved() throws IOException {
        schemaOfVersion(5);
        aPipelineOfVersion5();
        sql("INSERT INTO sluice.pipelines VALUES ('q', 'other', 'sqlite', 1, 1)");
        preparation.remove(false, false);
        assertThat(rows("SELECT pipeline FROM sluice.pipelines")).containsExactly("q");
        assertThat(rows("SELECT obj_description('sluice'::regnamespace, 'pg_namespace')"))
                .containsExactly("Sluice control schema, version 6");
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {1, 5})
    void aMigratedSchemaHasTheShapeOfANewOne(int version) throws IOException {
        String shape = """
                SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
                FROM information_schema.columns WHERE table_schema = 'sluice'
                UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
                WHERE connamespace = 'sluice'::regnamespace AND contype <> 'n'
                UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'sluice' ORDER BY 1""";
        prepare(JOINED);
        List<String> fresh = rows(shape);
        preparation.remove(false, false);
        if (version == 1) {
            aSchemaOfVersion1IsReadAndBroughtUpToDateWithItsRows();
        } else {
            aSchemaOfVersion5IsReadAndBroughtUpToDateWithRoomForComparisons();
        }
        assertThat(rows(shape)).isEqualTo(fresh);
    }
}
