package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.GateRig;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What becomes of rows whose parent is missing, by the rule of their foreign key. */
class OnOrphanTest {
    private static final ForeignKeyRule SET_NULL = new ForeignKeyRule(false, OnOrphan.SET_NULL);
    private static final ForeignKeyRule QUARANTINE = new ForeignKeyRule(false, OnOrphan.QUARANTINE);
    private static final ForeignKeyRule EVICT = new ForeignKeyRule(false, OnOrphan.EVICT);

    private final Table regions = table("regions").bigint("id").key("id").build();
    private final Table cities = table("cities")
            .bigint("id")
            .bigint("region")
            .text("code")
            .text("note")
            .key("id")
            .unique("code")
            .refers("region", "regions", "id")
            .build();
    private final Table streets = table("streets")
            .bigint("id")
            .bigint("city")
            .key("id")
            .refers("city", "cities", "id")
            .build();
    private final Table people = table("people")
            .bigint("id")
            .bigint("boss")
            .bigint("friend")
            .key("id")
            .refers("boss", "people", "id")
            .refers("friend", "people", "id")
            .build();

    private GateRig under(ForeignKeyRule rule) {
        GateRig rig = GateRig.under("cities_region_fk", rule, regions, cities, streets);
        rig.loaded(regions, cities, streets);
        return rig;
    }

    @Test
    void everyRuleIsWaitUntilTheParentsTableIsLoaded() {
        GateRig rig = GateRig.under("cities_region_fk", QUARANTINE, regions, cities, streets);
        assertThat(rig.upsert(cities, 1L, 7L, null, null)).containsExactly("WAIT 1");
        assertThat(rig.upsert(cities, 2L, 8L, null, null)).containsExactly("WAIT 2");
        assertThat(rig.upsert(regions, 7L)).containsExactly("APPLY 3", "+APPLY 1");

        rig.loaded(regions);
        assertThat(rig.postgres().deadLetters()).containsOnlyKeys("public.cities[2]");
    }

    @Test
    void everyRuleIsWaitUntilTheTransactionEnds() {
        GateRig rig = under(QUARANTINE);
        rig.beginTransaction();
        assertThat(rig.upsert(cities, 1L, 7L, null, null)).containsExactly("WAIT 4");
        assertThat(rig.upsert(cities, 2L, 8L, null, null)).containsExactly("WAIT 5");
        rig.endTransaction();
        assertThat(rig.upsert(regions, 7L)).containsExactly("APPLY 6", "+APPLY 4", "+QUARANTINE 5");
    }

    @Test
    void aReferenceToAMissingParentIsNullUntilItComes() {
        GateRig rig = under(SET_NULL);
        assertThat(rig.upsert(cities, 1L, 7L, "c", "n")).containsExactly("SET_NULL 4");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, null, "c", "n");
        assertThat(rig.waiting()).containsExactly(Outcome.STALE);
        assertThat(rig.upsert(streets, 1L, 1L)).as("the row is there").containsExactly("APPLY 5");

        assertThat(rig.upsert(regions, 7L)).containsExactly("APPLY 6", "+APPLY 4");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, 7L, "c", "n");
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.delete(streets, 1L)).containsExactly("APPLY 7");
    }

    @Test
    void childrenLoseTheirReferenceBeforeTheParentLeaves() {
        GateRig rig = under(SET_NULL);
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L, "c", "n");
        assertThat(rig.delete(regions, 7L)).containsExactly("HOLD 6", "+SET_NULL 6", "+APPLY 6");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, null, "c", "n");
        assertThat(rig.row(regions, 7L)).isNull();

        assertThat(rig.upsert(regions, 7L)).hasSize(2).startsWith("APPLY 7");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, 7L, "c", "n");
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void aParentThatIsReplacedInOneTransactionTakesNoReferenceAway() {
        GateRig rig = under(SET_NULL);
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L, "c", "n");
        rig.beginTransaction();
        assertThat(rig.delete(regions, 7L)).containsExactly("HOLD 6");
        rig.endTransaction();
        assertThat(rig.upsert(regions, 7L)).containsExactly("APPLY 7");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, 7L, "c", "n");
    }

    @Test
    void anOrphanIsQuarantinedAndTheTargetKeepsWhatItHas() {
        GateRig rig = under(QUARANTINE);
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L, "c", "old");
        assertThat(rig.upsert(cities, 1L, 8L, "c", "new")).containsExactly("QUARANTINE 6");
        assertThat(rig.lastReason()).contains("cities_region_fk").contains("[8]");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, 7L, "c", "old");
        assertThat(rig.upsert(regions, 8L)).as("nobody waits for it").containsExactly("APPLY 7");
        assertThat(rig.upsert(cities, 1L, 8L, "c", "newest")).containsExactly("APPLY 8");
        assertThat(rig.postgres().deadLetters()).isEmpty();
    }

    @Test
    void aParentIsHeldForChildrenThatWouldBeQuarantined() {
        GateRig rig = under(QUARANTINE);
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L, "c", "n");
        assertThat(rig.delete(regions, 7L)).containsExactly("HOLD 6");
        assertThat(rig.upsert(cities, 2L, 7L, null, null)).as("no new child").containsExactly("QUARANTINE 7");
        assertThat(rig.upsert(cities, 1L, 7L, "c", "keeps its parent")).containsExactly("APPLY 8");
        assertThat(rig.delete(cities, 1L)).containsExactly("APPLY 9", "+APPLY 6");
    }

    @Test
    void theOldVersionOfAQuarantinedRowStillOccupiesItsUniqueValues() {
        GateRig rig = under(QUARANTINE);
        rig.upsert(regions, 1L);
        rig.upsert(cities, 1L, 1L, "a", "x");
        assertThat(rig.upsert(cities, 1L, 9L, "b", "x")).containsExactly("QUARANTINE 6");
        rig.upsert(cities, 2L, 1L, "a", "x");
        assertThat(rig.waiting()).containsExactly(Outcome.WAIT);
        rig.upsert(cities, 1L, 1L, "b", "x");
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.row(cities, 2L)).containsExactly(2L, 1L, "a", "x");
    }

    @Test
    void aPartialVersionIsNotLaidOverAVersionOlderThanTheQuarantinedOne() {
        GateRig rig = under(QUARANTINE);
        rig.upsert(regions, 1L);
        rig.upsert(cities, 1L, 1L, "a", "old");
        rig.upsert(cities, 1L, 9L, "b", "newer");
        rig.partial(cities, Set.of("note"), 1L, 1L, "c", null);
        assertThat(rig.row(cities, 1L)).as("the source never had c with old").containsExactly(1L, 1L, "c", "newer");
    }

    @Test
    void childrenLeaveWithTheirParentAndAreReadAgainWhenItComesBack() {
        GateRig rig = under(EVICT);
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L, "c", "n");
        assertThat(rig.delete(regions, 7L)).containsExactly("HOLD 6", "+EVICT 6", "+APPLY 6");
        assertThat(rig.postgres().waiting().get("public.cities[1]").outcome()).isEqualTo(Outcome.WAIT);
        assertThat(rig.refreshes()).isEmpty();

        assertThat(rig.upsert(regions, 7L)).containsExactly("APPLY 7");
        assertThat(rig.refreshes()).containsExactly(new Refresh(cities.id(), "[1]"));
        assertThat(rig.upsert(cities, 1L, 7L, "c", "n")).containsExactly("APPLY 8");
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void anOlderVersionLeavesWhenTheNewOnesParentIsMissing() {
        GateRig rig = under(EVICT);
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L, "c", "old");
        assertThat(rig.upsert(cities, 1L, 8L, "c", "new")).containsExactly("EVICT 6");
        assertThat(rig.row(cities, 1L)).isNull();
        assertThat(rig.upsert(regions, 8L)).containsExactly("APPLY 7", "+APPLY 6");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, 8L, "c", "new");
    }

    @Test
    void anEvictionIsHeldWhileRowsReferToIt() {
        GateRig rig = under(EVICT);
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L, "c", "n");
        rig.upsert(streets, 1L, 1L);
        rig.delete(regions, 7L);
        assertThat(rig.row(cities, 1L)).isNotNull();
        rig.delete(streets, 1L);
        assertThat(rig.row(cities, 1L)).isNull();
        assertThat(rig.row(regions, 7L)).isNull();
        assertThat(rig.waiting()).containsExactly(Outcome.WAIT);
    }

    @Test
    void evictionsGoDownTheGenerations() {
        GateRig rig =
                GateRig.under(Map.of("cities_region_fk", EVICT, "streets_city_fk", EVICT), regions, cities, streets);
        rig.loaded(regions, cities, streets);
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L, "c", "n");
        rig.upsert(streets, 1L, 1L);
        rig.delete(regions, 7L);
        for (Table table : List.of(regions, cities, streets)) {
            assertThat(rig.postgres().rows(table)).isEmpty();
        }
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L, "c", "n");
        assertThat(rig.refreshes()).containsExactly(new Refresh(cities.id(), "[1]"), new Refresh(streets.id(), "[1]"));
    }

    @Test
    void waitIsStrongerThanEvictAndEvictThanSetNull() {
        Table orders = table("orders")
                .bigint("id")
                .bigint("a")
                .bigint("b")
                .bigint("c")
                .key("id")
                .refers("a", "regions", "id")
                .refers("b", "regions", "id")
                .refers("c", "regions", "id")
                .build();
        GateRig rig = GateRig.under(Map.of("orders_b_fk", EVICT, "orders_c_fk", SET_NULL), regions, orders);
        rig.loaded(regions, orders);
        rig.upsert(orders, 1L, null, null, null);
        assertThat(rig.upsert(orders, 1L, 1L, 2L, 3L)).containsExactly("STALE 4");
        assertThat(rig.upsert(regions, 1L)).containsExactly("APPLY 5", "+EVICT 4");
        assertThat(rig.upsert(regions, 2L)).containsExactly("APPLY 6", "+SET_NULL 4");
        assertThat(rig.row(orders, 1L)).containsExactly(1L, 1L, 2L, null);
        assertThat(rig.upsert(regions, 3L)).containsExactly("APPLY 7", "+APPLY 4");
    }

    @Test
    void aHeldRowLosesItsReferenceToAParentThatLeaves() {
        GateRig rig = GateRig.under("people_boss_fk", SET_NULL, people);
        rig.loaded(people);
        rig.upsert(people, 1L, null, null);
        rig.upsert(people, 2L, 1L, 2L);
        rig.upsert(people, 3L, null, 2L);
        rig.beginTransaction();
        rig.delete(people, 2L);
        rig.endTransaction();
        rig.delete(people, 1L);
        assertThat(rig.row(people, 1L)).isNull();
        rig.delete(people, 3L);
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void aDeleteAndAnEvictionThatReferToEachOtherLeaveTogether() {
        GateRig rig = GateRig.under("people_boss_fk", EVICT, people);
        rig.loaded(people);
        rig.upsert(people, 1L, null, null);
        rig.upsert(people, 0L, 1L, null);
        rig.upsert(people, 1L, null, 0L);
        rig.delete(people, 1L);
        assertThat(rig.postgres().rows(people)).isEmpty();
    }

    @Test
    void rulesSurviveARestart() {
        GateRig rig = under(SET_NULL);
        rig.upsert(cities, 1L, 7L, "c", "n");
        rig.reopen();
        assertThat(rig.upsert(cities, 2L, 8L, "d", "n")).containsExactly("SET_NULL 5");
        rig.reopen();
        assertThat(rig.upsert(regions, 7L)).containsExactly("APPLY 6", "+APPLY 4");
    }
}
