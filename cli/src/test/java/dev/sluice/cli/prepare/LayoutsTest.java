package dev.sluice.cli.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class LayoutsTest {
    /** @param lanes {@code name: table table} */
    private static LaneLayout layout(String... lanes) {
        SortedMap<String, SortedSet<TableId>> members = new TreeMap<>();
        for (String lane : lanes) {
            String[] parts = lane.split(": ", 2);
            members.put(
                    parts[0],
                    new TreeSet<>(Stream.of(parts[1].split(" ", -1))
                            .map(TableId::parse)
                            .toList()));
        }
        return new LaneLayout(members);
    }

    private static List<String> changes(LaneLayout stored, LaneLayout wanted) {
        StoredLayout lanes = new StoredLayout(stored.members().entrySet().stream()
                .map(e -> new StoredLayout.Lane(e.getKey(), e.getValue(), 1, List.of()))
                .toList());
        return Layouts.changes(lanes, Layouts.named(wanted, stored)).stream()
                .map(Finding::message)
                .toList();
    }

    @Test
    void theSameTablesInTheSameGroupsAreNoChange() {
        assertThat(changes(layout("a: a b", "c: c"), layout("a: a b", "c: c"))).isEmpty();
        assertThat(changes(layout("main.2: a b"), layout("main: a b")))
                .as("whatever the lanes are called")
                .isEmpty();
    }

    @Test
    void tablesMayComeAndGoWithinALane() {
        assertThat(changes(layout("main: a b"), layout("main: b c"))).isEmpty();
        LaneLayout first = layout("b: b c", "d: d");
        assertThat(changes(layout("a: a b c", "d: d"), first)).isEmpty();
        assertThat(Layouts.named(first, layout("a: a b c", "d: d")).lanes())
                .as("the lane keeps its name when its first table goes")
                .containsExactly("a", "d");
    }

    @Test
    void everyTableThatMovesAndEveryLaneThatComesOrGoesIsNamed() {
        assertThat(changes(layout("main: a b c"), layout("a: a b", "c: c")))
                .singleElement()
                .satisfies(message -> {
                    assertThat(message).contains("table public.a moved from lane main to lane a");
                    assertThat(message).contains("table public.c moved from lane main to lane c");
                    assertThat(message).contains("lane a is new, with [public.a, public.b]");
                    assertThat(message).contains("lane main is gone");
                });
        assertThat(changes(layout("a: a"), layout("a: a", "b: b")))
                .singleElement()
                .satisfies(message -> assertThat(message).contains("lane b is new"));
        assertThat(changes(layout("a: a", "b: b"), layout("a: a")))
                .singleElement()
                .satisfies(message -> assertThat(message).contains("lane b is gone"));
    }

    @Test
    void aSplitOrMergedLaneGetsANameThatNoLaneHas() {
        assertThat(Layouts.named(layout("a: a b", "c: c"), layout("a: a b c")).members())
                .isEqualTo(layout("a.2: a b", "c: c").members());
        assertThat(Layouts.named(layout("a: a b c"), layout("a: a b", "c: c")).members())
                .isEqualTo(layout("a.2: a b c").members());
        assertThat(Layouts.named(layout("a: a", "b: b"), layout("a: b")).members())
                .as("the name belongs to the lane of b")
                .isEqualTo(layout("a: b", "a.2: a").members());
    }

    @Test
    void aMigrationLeavesLanesThatGoOnAsTheyAre() {
        assertThat(Layouts.migrated(layout("a: a new", "b: b", "c: c"), layout("a: a gone", "b: b c"), Set.of())
                        .members())
                .isEqualTo(layout("a: a gone", "b.2: b", "c: c").members());
    }

    @Test
    void aRenewedLaneTakesItsTablesToANameThatNoLaneHas() {
        assertThat(Layouts.migrated(layout("a: a new", "b: b"), layout("a: a gone", "b: b left"), Set.of("a"))
                        .members())
                .isEqualTo(layout("a.2: a new", "b: b left").members());
        assertThat(Layouts.migrated(layout("main: a b"), layout("main.2: a"), Set.of("main.2"))
                        .members())
                .as("whether it had the name before is for the producer's progress to say")
                .isEqualTo(layout("main: a b").members());
    }
}
