package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.GateRig;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A truncate is an event like any other, and no referential action. */
class TruncateTest {
    private final Table regions = table("regions").bigint("id").key("id").build();
    private final Table cities = table("cities")
            .bigint("id")
            .bigint("region")
            .key("id")
            .refers("region", "regions", "id")
            .build();
    private final GateRig rig = new GateRig(regions, cities);

    private void rest(GateRig of) {
        while (of.hasWork()) {
            of.heartbeat();
        }
    }

    @Test
    void aReferencedTableIsWalkedAndTheTruncateIsNotedMeanwhile() {
        for (long i = 0; i < 2_500; i++) {
            rig.upsert(regions, i);
        }
        rig.upsert(cities, 1L, 7L);
        assertThat(rig.truncate(regions)).startsWith("HOLD 2502");
        assertThat(rig.postgres().waiting()).containsKey("public.regions[]");
        rest(rig);
        assertThat(rig.postgres().waiting().keySet()).containsExactly("public.regions[7]");
        assertThat(rig.postgres().rows(regions)).containsOnlyKeys("[7]");
    }

    @Test
    void whatIsWrittenDuringTheWalkStays() {
        for (long i = 0; i < 2_500; i++) {
            rig.upsert(regions, i);
        }
        rig.upsert(cities, 1L, 7L);
        rig.truncate(regions);
        for (long i : new long[] {2_499, 2_498, 9_999, 7}) {
            rig.upsert(regions, i);
        }
        rest(rig);
        assertThat(rig.postgres().rows(regions).keySet()).isEqualTo(Set.of("[7]", "[2498]", "[2499]", "[9999]"));
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void aNewChildOfARowStillToBeWalkedWaits() {
        for (long i = 0; i < 2_500; i++) {
            rig.upsert(regions, i);
        }
        rig.upsert(cities, 1L, 7L);
        rig.truncate(regions);
        assertThat(rig.upsert(cities, 2L, 2_499L)).contains("WAIT 2503");
        rest(rig);
        assertThat(rig.waiting()).containsExactlyInAnyOrder(Outcome.WAIT, Outcome.HOLD);
    }

    @Test
    void aWalkGoesOnAfterARestart() {
        for (long i = 0; i < 2_500; i++) {
            rig.upsert(regions, i);
        }
        rig.upsert(cities, 1L, 7L);
        rig.truncate(regions);
        rig.reopen();
        rig.heartbeat();
        rest(rig);
        assertThat(rig.postgres().rows(regions)).containsOnlyKeys("[7]");
    }

    @Test
    void tablesTruncatedInOneTransactionAreEmptyInWhateverOrder() {
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L);
        rig.beginTransaction();
        rig.truncate(regions);
        rig.endTransaction();
        rig.truncate(cities);
        rest(rig);
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.postgres().rows(regions)).isEmpty();
    }

    @Test
    void waitingAndStaleRowsOfTheTableAreForgotten() {
        rig.upsert(regions, 7L);
        rig.upsert(cities, 1L, 7L);
        rig.upsert(cities, 1L, 8L);
        rig.upsert(cities, 2L, 9L);
        assertThat(rig.waiting()).containsExactlyInAnyOrder(Outcome.STALE, Outcome.WAIT);
        assertThat(rig.truncate(cities)).containsExactly("APPLY 5");
        assertThat(rig.waiting()).isEmpty();
        rig.upsert(regions, 8L);
        rig.upsert(regions, 9L);
        assertThat(rig.postgres().rows(cities)).isEmpty();
    }

    @Test
    void aTableThatRefersToItselfIsEmptiedAtOnce() {
        Table people = table("people")
                .bigint("id")
                .bigint("boss")
                .key("id")
                .refers("boss", "people", "id")
                .build();
        GateRig own = new GateRig(people);
        own.upsert(people, 1L, 2L);
        own.upsert(people, 2L, 1L);
        own.upsert(people, 3L, 9L);
        assertThat(own.truncate(people)).containsExactly("APPLY 4");
        rest(own);
        assertThat(own.waiting()).isEmpty();
        assertThat(own.upsert(people, 1L, 2L)).containsExactly("WAIT 5");
    }

    @Test
    void aSecondTruncateDuringTheWalkEndsInTheSameWay() {
        for (long i = 0; i < 2_500; i++) {
            rig.upsert(regions, i);
        }
        rig.upsert(cities, 1L, 7L);
        rig.truncate(regions);
        rig.truncate(regions);
        rest(rig);
        assertThat(rig.postgres().waiting().keySet()).containsExactly("public.regions[7]");
        rig.truncate(cities);
        rest(rig);
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.postgres().rows(regions)).isEmpty();
    }

    /** A table that is emptied and read again, while rows of another, that is not, refer to it. */
    @Test
    void rowsThatAreReadAgainAfterATruncateAreAsBeforeAndThoseThatAreGoneStayForTheirReferrers() {
        for (long i = 0; i < 50; i++) {
            rig.upsert(regions, i);
            rig.upsert(cities, i, i);
        }
        rig.truncate(regions);
        rig.upsert(cities, 99L, 49L);
        for (long i = 0; i < 49; i++) {
            rig.upsert(regions, i);
        }
        rest(rig);
        assertThat(rig.postgres().rows(regions)).hasSize(50);
        assertThat(rig.postgres().waiting().keySet())
                .containsExactlyInAnyOrder("public.regions[49]", "public.cities[99]");
        rig.upsert(regions, 49L);
        rest(rig);
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.postgres().rows(cities)).hasSize(51);
    }
}
