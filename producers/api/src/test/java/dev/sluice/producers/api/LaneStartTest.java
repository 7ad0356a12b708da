package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.progress.LaneProgress;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LaneStartTest {
    private static final PublisherSettings SETTINGS = PublisherSettings.of("shop", "id-1");
    private static final LaneLayout LAYOUT = LaneLayout.byForeignKey(Catalog.of(ContractTables.ALL));
    private static final PublisherSettings TWO =
            SETTINGS.withLanes(LAYOUT, Map.of("public.accounts", 1L, "public.notes", 1L));
    private static final List<TableId> TABLES =
            ContractTables.ALL.stream().map(Table::id).toList();

    @Test
    void aNewLaneBeginsBehindWhatTheTargetKnows() {
        ProducerProgress start = decide(SETTINGS.withFirstSequence(71), null, Map.of());
        assertThat(start.nextSequence()).isEqualTo(Map.of("main", 71L));
        assertThat(start.pipelineId()).isEqualTo("id-1");
        assertThat(start.position()).isNull();
        assertThat(start.snapshots()).isEmpty();
    }

    @Test
    void aLaneGoesOnWhereProgressAndLastEventAgree() {
        ProducerProgress progress = progress("id-1", 12);
        assertThat(decide(SETTINGS, progress, last("id-1", 11))).isEqualTo(progress);
        assertThat(decide(SETTINGS.withFirstSequence(5), progress, last("id-1", 11)))
                .isEqualTo(progress);
        assertThat(decide(SETTINGS.withFirstSequence(12), progress, last("id-1", 11)))
                .isEqualTo(progress);
    }

    @Test
    void aLostProgressIsRefused() {
        assertRefused(SETTINGS, null, last("id-1", 11), "shop.producer-progress", "shop.changes.main", "11");
    }

    @Test
    void lostChangesAreRefused() {
        assertRefused(SETTINGS, progress("id-1", 12), Map.of(), "shop.changes.main", "sequence 11", "is empty");
        assertRefused(
                SETTINGS, progress("id-1", 12), last("id-1", 9), "shop.changes.main", "sequence 11", "ends with 9");
    }

    @Test
    void changesThatAreAheadOfTheirProgressAreRefused() {
        assertRefused(SETTINGS, progress("id-1", 12), last("id-1", 14), "sequence 11", "ends with 14");
    }

    @Test
    void aTargetThatKnowsMoreThanKafkaIsRefused() {
        assertRefused(SETTINGS.withFirstSequence(20), progress("id-1", 12), last("id-1", 11), "target", "19", "11");
    }

    @Test
    void anotherIncarnationIsRefusedByNameWhereverItIsFound() {
        assertRefused(SETTINGS, progress("id-0", 12), last("id-0", 11), "id-0", "id-1", "shop");
        assertRefused(SETTINGS, progress("id-0", 12), Map.of(), "id-0", "id-1", "shop.producer-progress");
        assertRefused(SETTINGS, null, last("id-0", 11), "id-0", "id-1", "shop.changes.main");
    }

    @Test
    void severalLanesGoOnWhereEachEnds() {
        ProducerProgress progress = progress("id-1", lanes(4, 1));
        assertThat(decide(TWO, progress, Map.of("public.accounts", source("id-1", 3))))
                .isEqualTo(progress);
        assertThat(decide(TWO, null, Map.of()).nextSequence())
                .isEqualTo(Map.of("public.accounts", 1L, "public.notes", 1L));
    }

    @Test
    void everyLaneIsAskedForItself() {
        ProducerProgress progress = progress("id-1", lanes(4, 6));
        Map<String, Source> good = Map.of("public.accounts", source("id-1", 3), "public.notes", source("id-1", 5));
        assertThat(decide(TWO, progress, good)).isEqualTo(progress);
        assertRefused(
                TWO, progress, Map.of("public.accounts", source("id-1", 3)), "shop.changes.public.notes", "empty");
        assertRefused(
                TWO,
                progress,
                Map.of("public.accounts", source("id-1", 3), "public.notes", source("id-1", 4)),
                "shop.changes.public.notes",
                "ends with 4");
        assertRefused(
                TWO,
                progress,
                Map.of("public.accounts", source("id-1", 3), "public.notes", source("id-0", 5)),
                "shop.changes.public.notes",
                "id-0");
        assertRefused(
                SETTINGS.withLanes(LAYOUT, Map.of("public.accounts", 1L, "public.notes", 9L)),
                progress,
                good,
                "target",
                "8",
                "shop.changes.public.notes");
        assertRefused(TWO, null, Map.of("public.notes", source("id-1", 5)), "shop.changes.public.notes", "no progress");
    }

    @Test
    void anotherLayoutIsRefusedWithTheCommandThatMigratesIt() {
        assertRefused(TWO, progress("id-1", 12), last("id-1", 11), "[main]", "public.notes", "sluice lanes migrate");
        assertRefused(SETTINGS, progress("id-1", lanes(1, 1)), Map.of(), "public.notes", "sluice lanes migrate");
        SortedMap<String, LaneProgress> moved = lanes(1, 1);
        moved.put("public.notes", new LaneProgress(1, 0, new TreeSet<>(Set.of(ContractTables.LINES.id()))));
        assertRefused(TWO, progress("id-1", moved), Map.of(), "public.lines", "sluice lanes migrate");
        LaneLayout without = LaneLayout.byForeignKey(Catalog.of(List.of(ContractTables.NOTES)));
        assertRefused(
                SETTINGS.withLanes(without, Map.of("public.notes", 1L)),
                null,
                Map.of(),
                "public.accounts",
                "sluice lanes migrate");
    }

    @Test
    void tablesMayComeAndGoWithinALane() {
        SortedMap<String, LaneProgress> lanes = lanes(1, 1);
        lanes.put(
                "public.accounts",
                new LaneProgress(1, 0, new TreeSet<>(Set.of(ContractTables.ACCOUNTS.id(), TableId.parse("dropped")))));
        assertThat(decide(TWO, progress("id-1", lanes), Map.of()).lanes()).isEqualTo(lanes);
    }

    @Test
    void lanesOfThePastAreNotAskedFor() {
        ProducerProgress progress =
                new ProducerProgress("id-1", null, lanes(1, 1), new TreeMap<>(Map.of("main", 40L)), List.of(), 0);
        assertThat(decide(TWO, progress, Map.of())).isEqualTo(progress);
        assertThat(progress.nextSequence()).containsEntry("main", 40L);
    }

    private static SortedMap<String, LaneProgress> lanes(long accounts, long notes) {
        SortedMap<String, LaneProgress> lanes = new TreeMap<>();
        LAYOUT.members()
                .forEach((lane, tables) ->
                        lanes.put(lane, new LaneProgress(lane.equals("public.notes") ? notes : accounts, 0, tables)));
        return lanes;
    }

    private static ProducerProgress decide(
            PublisherSettings settings, @Nullable ProducerProgress progress, Map<String, Source> last) {
        return new LaneStart(settings, TABLES).decide(Optional.ofNullable(progress), last);
    }

    private static void assertRefused(
            PublisherSettings settings,
            @Nullable ProducerProgress progress,
            Map<String, Source> last,
            String... names) {
        assertThatThrownBy(() -> decide(settings, progress, last)).isInstanceOfSatisfying(SluiceException.class, e -> {
            assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(e.getMessage()).contains(names);
        });
    }

    private static ProducerProgress progress(String pipelineId, long next) {
        SortedMap<String, LaneProgress> lanes = new TreeMap<>();
        lanes.put("main", new LaneProgress(next, 0, new TreeSet<>()));
        return progress(pipelineId, lanes);
    }

    private static ProducerProgress progress(String pipelineId, SortedMap<String, LaneProgress> lanes) {
        return new ProducerProgress(pipelineId, ListStore.position(1, 0), lanes, new TreeMap<>(), List.of(), 0);
    }

    private static Map<String, Source> last(String pipelineId, long sequence) {
        return Map.of("main", source(pipelineId, sequence));
    }

    private static Source source(String pipelineId, long sequence) {
        return new Source(pipelineId, "list", "memory", sequence, ListStore.position(1, 0), 1, false);
    }
}
