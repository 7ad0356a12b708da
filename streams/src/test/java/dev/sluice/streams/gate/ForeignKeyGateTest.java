package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.GateRig;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One test per line of the gate's table of outcomes, and what follows from them. */
class ForeignKeyGateTest {
    private final Table regions =
            table("regions").bigint("id").text("name").key("id").build();
    private final Table cities = table("cities")
            .bigint("id")
            .bigint("region")
            .text("name")
            .key("id")
            .refers("region", "regions", "id")
            .build();
    private final Table streets = table("streets")
            .bigint("id")
            .bigint("city")
            .key("id")
            .refers("city", "cities", "id")
            .build();
    private final GateRig rig = new GateRig(regions, cities, streets);

    @Test
    void anUpsertWhoseParentsAreThereIsAppliedAndReleasesWhatWaitsForIt() {
        assertThat(rig.upsert(cities, 1L, 7L, "a")).containsExactly("WAIT 1");
        assertThat(rig.lastReason())
                .isEqualTo("{\"foreign_key\":\"cities_region_fk\",\"table\":\"public.regions\",\"key\":[7]}");
        assertThat(rig.upsert(cities, 2L, 7L, "b")).containsExactly("WAIT 2");

        assertThat(rig.upsert(regions, 7L, "r")).containsExactly("APPLY 3", "+APPLY 1", "+APPLY 2");
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.upsert(cities, 3L, 7L, "c")).containsExactly("APPLY 4");
    }

    @Test
    void aReleasedChildReleasesItsOwnChildren() {
        rig.upsert(streets, 1L, 1L);
        rig.upsert(cities, 1L, 7L, "a");

        assertThat(rig.upsert(regions, 7L, "r")).containsExactly("APPLY 3", "+APPLY 2", "+APPLY 1");
    }

    @Test
    void aChildWaitsForItsParentInItsNewestVersion() {
        rig.upsert(cities, 1L, 7L, "old");
        assertThat(rig.upsert(cities, 1L, 8L, "new")).containsExactly("WAIT 2");

        assertThat(rig.upsert(regions, 7L, "r")).containsExactly("APPLY 3");
        assertThat(rig.upsert(regions, 8L, "r")).containsExactly("APPLY 4", "+APPLY 2");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, 8L, "new");
    }

    @Test
    void aWaitingRowIsAppliedAtOnceWhenANewVersionFits() {
        rig.upsert(cities, 1L, 7L, "a");

        assertThat(rig.upsert(cities, 1L, null, "b")).containsExactly("APPLY 2");
        assertThat(rig.ordered().get(1).header().settles()).isTrue();
        assertThat(rig.upsert(regions, 7L, "r")).containsExactly("APPLY 3");
    }

    @Test
    void partialVersionsOfAWaitingRowAreMergedColumnByColumn() {
        rig.upsert(cities, 1L, 7L, "kept");
        assertThat(rig.partial(cities, Set.of("name"), 1L, 8L, null)).containsExactly("WAIT 2");
        assertThat(rig.partial(cities, Set.of("region", "name"), 1L, null, null))
                .containsExactly("WAIT 3");

        assertThat(rig.upsert(regions, 8L, "r")).containsExactly("APPLY 4", "+APPLY 3");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, 8L, "kept");
    }

    @Test
    void aPartialVersionThatFitsBringsWhatWaitedBeforeIt() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "old");
        assertThat(rig.upsert(cities, 1L, 8L, "newer")).containsExactly("STALE 3");

        assertThat(rig.partial(cities, Set.of("name"), 1L, 7L, null)).containsExactly("APPLY 4");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, 7L, "newer");
    }

    @Test
    void aPartialVersionKeepsTheReferencesThatItLeavesOut() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "a");
        assertThat(rig.partial(cities, Set.of("region"), 1L, null, "b")).containsExactly("APPLY 3");

        assertThat(rig.delete(regions, 7L)).containsExactly("HOLD 4");
    }

    @Test
    void aPartialVersionOfAnUnknownRowMakesNoParent() {
        assertThat(rig.partial(cities, Set.of("name"), 1L, null, null)).containsExactly("APPLY 1");
        assertThat(rig.upsert(streets, 1L, 1L)).containsExactly("WAIT 2");
    }

    @Test
    void aLiveRowWhoseNewParentIsMissingGoesStaleAndKeepsItsOldParent() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "old");

        assertThat(rig.upsert(cities, 1L, 8L, "new")).containsExactly("STALE 3");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, 7L, "old");
        assertThat(rig.delete(regions, 7L)).containsExactly("HOLD 4");
        assertThat(rig.upsert(regions, 8L, "r")).containsExactly("APPLY 5", "+APPLY 3", "+APPLY 4");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, 8L, "new");
        assertThat(rig.row(regions, 7L)).isNull();
    }

    @Test
    void aStaleVersionIsDroppedWhenItsRowIsDeleted() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "old");
        rig.upsert(cities, 1L, 8L, "new");

        assertThat(rig.delete(cities, 1L)).containsExactly("APPLY 4");
        assertThat(rig.upsert(regions, 8L, "r")).containsExactly("APPLY 5");
        assertThat(rig.postgres().rows(cities)).isEmpty();
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void aDeleteIsAppliedAtOnceWhenNoLiveRowRefersToIt() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "a");
        rig.delete(cities, 1L);

        assertThat(rig.delete(regions, 7L)).containsExactly("APPLY 4");
    }

    @Test
    void aDeleteIsHeldWhileALiveRowRefersToItAndReleasedWhenTheLastOneLeaves() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "a");
        rig.upsert(cities, 2L, 7L, "b");

        assertThat(rig.delete(regions, 7L)).containsExactly("HOLD 4");
        assertThat(rig.lastReason())
                .isEqualTo(
                        "{\"reason\":\"still-referred-to\",\"foreign_key\":\"cities_region_fk\",\"table\":\"public.regions\",\"key\":[7]}");
        assertThat(rig.upsert(cities, 1L, null, "a")).containsExactly("APPLY 5");
        assertThat(rig.delete(cities, 2L)).containsExactly("APPLY 6", "+APPLY 4");
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void aParentDeletedBeforeItsChildInOneTransactionLeavesWithIt() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "a");
        rig.upsert(streets, 1L, 1L);
        rig.beginTransaction();
        assertThat(rig.delete(regions, 7L)).containsExactly("HOLD 4");
        assertThat(rig.delete(cities, 1L)).containsExactly("HOLD 5");
        rig.endTransaction();

        assertThat(rig.delete(streets, 1L)).containsExactly("APPLY 6", "+APPLY 5", "+APPLY 4");
        List<OrderedHeader> headers =
                rig.ordered().stream().skip(5).map(OrderedRecord::header).toList();
        assertThat(headers).extracting(OrderedHeader::more).containsExactly(true, true, false);
        assertThat(headers).allMatch(OrderedHeader::last);
        assertThat(headers).extracting(OrderedHeader::sequence).containsOnly(6L);
    }

    @Test
    void anUpsertOfAHeldRowCancelsTheHold() {
        rig.upsert(regions, 7L, "old");
        rig.upsert(cities, 1L, 7L, "a");
        rig.delete(regions, 7L);

        assertThat(rig.upsert(regions, 7L, "new")).containsExactly("APPLY 4");
        assertThat(rig.ordered().get(3).header().settles()).isTrue();
        assertThat(rig.delete(cities, 1L)).containsExactly("APPLY 5");
        assertThat(rig.row(regions, 7L)).containsExactly(7L, "new");
    }

    @Test
    void aNewChildOfAHeldParentWaitsSoThatTheParentCanLeave() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "a");
        rig.delete(regions, 7L);

        assertThat(rig.upsert(cities, 2L, 7L, "b")).containsExactly("WAIT 4");
        assertThat(rig.upsert(cities, 1L, 7L, "changed"))
                .as("one that refers to it already may change")
                .containsExactly("APPLY 5");
        assertThat(rig.delete(cities, 1L)).containsExactly("APPLY 6", "+APPLY 3");
        assertThat(rig.waiting()).containsExactly(Outcome.WAIT);
        assertThat(rig.upsert(regions, 7L, "again")).containsExactly("APPLY 7", "+APPLY 4");
    }

    @Test
    void aNewChildOfAHeldParentIsReleasedWhenTheHoldIsCancelled() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "a");
        rig.delete(regions, 7L);
        rig.upsert(cities, 2L, 7L, "b");

        assertThat(rig.upsert(regions, 7L, "r2")).containsExactly("APPLY 5", "+APPLY 4");
    }

    @Test
    void aDeleteOfARowThatOnlyWaitsForgetsIt() {
        rig.upsert(cities, 1L, 7L, "a");

        assertThat(rig.delete(cities, 1L)).containsExactly("FORGET 2");
        assertThat(rig.upsert(regions, 7L, "r")).containsExactly("APPLY 3");
    }

    @Test
    void aDeleteOfAnUnknownRowIsApplied() {
        assertThat(rig.delete(cities, 1L)).containsExactly("APPLY 1");
        assertThat(rig.delete(regions, 1L)).containsExactly("APPLY 2");
    }

    @Test
    void aTruncateForgetsLiveAndWaitingRowsOfItsTable() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "live");
        rig.upsert(cities, 2L, 8L, "waits");

        assertThat(rig.truncate(cities)).containsExactly("APPLY 4");
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.upsert(regions, 8L, "r")).containsExactly("APPLY 5");
        assertThat(rig.upsert(streets, 1L, 1L)).containsExactly("WAIT 6");
        assertThat(rig.delete(regions, 7L)).containsExactly("APPLY 7");
        assertThat(rig.upsert(cities, 1L, 8L, "back")).containsExactly("APPLY 8", "+APPLY 6");
    }

    @Test
    void whatATruncateForgotIsSweptOutOfTheState() {
        rig.upsert(regions, 7L, "r");
        for (long i = 0; i < 2_500; i++) {
            rig.upsert(cities, i, 7L, "live");
        }
        rig.truncate(cities);
        int calls = 0;
        while (rig.hasWork()) {
            rig.release();
            calls++;
        }
        assertThat(calls).as("bounded work per call").isBetween(2, 10);
        assertThat(rig.state().size()).isLessThan(10);
    }

    @Test
    void aTruncateOfATableThatOthersReferToGoesRowByRow() {
        rig.upsert(regions, 7L, "kept");
        rig.upsert(regions, 8L, "left");
        rig.upsert(cities, 1L, 7L, "a");
        rig.upsert(cities, 2L, 9L, "waits");

        assertThat(rig.truncate(regions))
                .startsWith("HOLD 5")
                .contains("+HOLD 5", "+APPLY 5")
                .endsWith("+FORGET 5");
        assertThat(rig.row(regions, 7L)).isNotNull();
        assertThat(rig.row(regions, 8L)).isNull();
        assertThat(rig.postgres().waiting().keySet())
                .containsExactlyInAnyOrder("public.regions[7]", "public.cities[2]");
        assertThat(rig.delete(cities, 1L)).containsExactly("APPLY 6", "+APPLY 5");
        assertThat(rig.waiting()).containsExactly(Outcome.WAIT);
    }

    @Test
    void controlEventsHoldTheirPlace() {
        rig.upsert(cities, 1L, 7L, "a");
        assertThat(rig.heartbeat()).containsExactly("CONTROL 2");
        assertThat(rig.upsert(regions, 7L, "r")).containsExactly("APPLY 3", "+APPLY 1");
    }

    @Test
    void everythingSurvivesARestart() {
        rig.upsert(regions, 7L, "r");
        rig.upsert(cities, 1L, 7L, "a");
        rig.upsert(cities, 2L, 8L, "waits");
        rig.delete(regions, 7L);
        rig.reopen();

        assertThat(rig.gate().pending()).isEqualTo(new PendingTotals(1, 0, 1));
        assertThat(rig.upsert(regions, 8L, "r")).containsExactly("APPLY 5", "+APPLY 3");
        assertThat(rig.delete(cities, 1L)).containsExactly("APPLY 6", "+APPLY 4");
        assertThat(rig.gate().pending()).isEqualTo(PendingTotals.NONE);
    }

    @Test
    void aStateMadeUnderOtherForeignKeysIsRefusedByName() {
        rig.upsert(regions, 7L, "r");
        Table loose = table("cities")
                .bigint("id")
                .bigint("region")
                .text("name")
                .key("id")
                .build();
        GatePlan other = GatePlan.of(dev.sluice.schemas.relational.Catalog.of(List.of(regions, loose, streets)));

        assertThatThrownBy(() -> ForeignKeyGate.open(other, rig.state(), rig.rowEvents()))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("cities_region_fk")
                .hasMessageContaining("sluice remove")
                .extracting(e -> ((SluiceException) e).kind())
                .isEqualTo(ErrorKind.REFUSED);
    }

    @Test
    void aStateOfAnotherVersionIsRefusedByName() {
        rig.upsert(regions, 7L, "r");
        rig.state().put(new byte[] {'G'}, new byte[] {99});

        assertThatThrownBy(rig::reopen).isInstanceOf(SluiceException.class).hasMessageContaining("version 99");
    }
}
