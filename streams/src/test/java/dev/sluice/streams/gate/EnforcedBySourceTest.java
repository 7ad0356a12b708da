package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.GateRig;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Foreign keys that the source guarantees at commit: nobody remembers who refers to whom. */
class EnforcedBySourceTest {
    private static final ForeignKeyRule ENFORCED = new ForeignKeyRule(true, OnOrphan.WAIT);

    private final Table regions = table("regions").bigint("id").key("id").build();
    private final Table cities = table("cities")
            .bigint("id")
            .bigint("region")
            .key("id")
            .refers("region", "regions", "id")
            .build();
    private final GateRig rig = GateRig.under("cities_region_fk", ENFORCED, regions, cities);

    @Test
    void aDeleteFollowsTheUpsertsAndDeletesOfItsTransaction() {
        rig.upsert(regions, 1L);
        rig.upsert(cities, 1L, 1L);
        rig.beginTransaction();
        assertThat(rig.delete(regions, 1L)).containsExactly("HOLD 3");
        assertThat(rig.upsert(regions, 2L)).containsExactly("APPLY 4");
        rig.endTransaction();
        assertThat(rig.upsert(cities, 1L, 2L)).containsExactly("APPLY 5", "+APPLY 3");
    }

    @Test
    void aDeleteThatEndsItsTransactionIsAppliedAtOnce() {
        rig.upsert(regions, 1L);
        rig.upsert(cities, 1L, 1L);
        rig.beginTransaction();
        rig.delete(cities, 1L);
        rig.endTransaction();
        assertThat(rig.delete(regions, 1L)).containsExactly("APPLY 4");
    }

    @Test
    void aParentThatIsNotLoadedYetIsWaitedFor() {
        assertThat(rig.upsert(cities, 1L, 1L)).containsExactly("WAIT 1");
        assertThat(rig.upsert(regions, 1L)).containsExactly("APPLY 2", "+APPLY 1");
    }

    @Test
    void deletesOfParentsAreHeldWhileAnyRowOfTheReferringTableWaits() {
        rig.upsert(regions, 1L);
        rig.upsert(cities, 1L, 1L);
        assertThat(rig.upsert(cities, 1L, 2L))
                .as("its parent is not loaded yet, and whether an older version is there nobody remembers")
                .containsExactly("WAIT 3");
        assertThat(rig.delete(regions, 1L)).containsExactly("HOLD 4");
        assertThat(rig.upsert(regions, 2L)).startsWith("APPLY 5", "+APPLY 3");
        while (rig.hasWork()) {
            rig.heartbeat();
        }
        assertThat(rig.postgres().rows(regions)).containsOnlyKeys("[2]");
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void nothingIsRememberedOfRowsThatRefer() {
        rig.upsert(regions, 1L);
        rig.upsert(cities, 0L, 1L);
        int size = rig.state().size();
        for (long i = 1; i <= 100; i++) {
            rig.upsert(cities, i, 1L);
        }
        assertThat(rig.state().size()).isEqualTo(size);
    }

    @Test
    void aPartlyNullKeyWaitsWhateverTheSourceGuarantees() {
        Table parent = table("parent").bigint("a").bigint("b").key("a", "b").build();
        Table child = table("child")
                .bigint("id")
                .bigint("x")
                .bigint("y")
                .key("id")
                .refers(List.of("x", "y"), "parent", List.of("a", "b"), true)
                .build();
        GateRig full = GateRig.under("child_x_y_fk", ENFORCED, parent, child);
        full.beginTransaction();
        assertThat(full.upsert(child, 1L, 5L, null)).containsExactly("WAIT 1");
        full.endTransaction();
        assertThat(full.upsert(child, 1L, null, null)).containsExactly("APPLY 2");
    }

    @Test
    void aKeyOfACycleOfTablesKeepsItsRecords() {
        Table people = table("people")
                .bigint("id")
                .bigint("boss")
                .key("id")
                .refers("boss", "people", "id")
                .build();
        GateRig own = GateRig.under("people_boss_fk", ENFORCED, people);
        own.upsert(people, 1L, null);
        own.upsert(people, 2L, 1L);
        own.beginTransaction();
        assertThat(own.delete(people, 1L)).containsExactly("HOLD 3");
        own.endTransaction();
        assertThat(own.delete(people, 2L)).containsExactly("APPLY 4", "+APPLY 3");
    }

    @Test
    void rowsThatReferToEachOtherLeaveTogetherWhoeverElseRefersToTheirTable() {
        Table people = table("people")
                .bigint("id")
                .bigint("boss")
                .key("id")
                .refers("boss", "people", "id")
                .build();
        Table badges = table("badges")
                .bigint("id")
                .bigint("owner")
                .key("id")
                .refers("owner", "people", "id")
                .build();
        GateRig both = GateRig.under("badges_owner_fk", ENFORCED, people, badges);
        both.upsert(people, 1L, 2L);
        both.upsert(people, 2L, 1L);
        both.upsert(badges, 1L, null);
        both.beginTransaction();
        both.delete(people, 1L);
        both.endTransaction();
        both.delete(people, 2L);
        assertThat(both.waiting()).isEmpty();
        assertThat(both.postgres().rows(people)).isEmpty();
    }
}
