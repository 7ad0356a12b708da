package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.GateRig;
import dev.sluice.streams.testing.TableBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows that wait for each other are applied as one. The model checks every key between the rows of a run and at its end. */
class TogetherTest {
    private final Table people = table("people")
            .bigint("id")
            .bigint("boss")
            .key("id")
            .refers("boss", "people", "id")
            .build();

    private static TableBuilder countries() {
        return table("countries").bigint("id").text("code").key("id").unique("code");
    }

    private static TableBuilder cities() {
        return table("cities").bigint("id").text("country").key("id").refers("country", "countries", "code");
    }

    @Test
    void aCircleInOneTransactionIsThereWhenTheTransactionIs() {
        GateRig rig = new GateRig(people);
        rig.beginTransaction();
        assertThat(rig.upsert(people, 1L, 2L)).containsExactly("WAIT 1");
        assertThat(rig.upsert(people, 2L, 3L)).containsExactly("WAIT 2");
        rig.endTransaction();
        assertThat(rig.upsert(people, 3L, 1L)).hasSize(4).startsWith("WAIT 3");
        List<OrderedHeader> run = rig.ordered().stream()
                .map(OrderedRecord::header)
                .filter(OrderedHeader::isRelease)
                .toList();
        assertThat(run).extracting(OrderedHeader::together).containsExactly(true, true, false);
        assertThat(run).allMatch(h -> h.settles() && h.last() && h.sequence() == 3);
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void aCircleLeavesTogetherWhenTheLastOneOutsideHasLeft() {
        GateRig rig = new GateRig(people);
        rig.upsert(people, 1L, 2L);
        rig.upsert(people, 2L, 1L);
        rig.upsert(people, 3L, 1L);
        rig.upsert(people, 4L, 2L);
        assertThat(rig.delete(people, 1L)).containsExactly("HOLD 5");
        assertThat(rig.delete(people, 2L)).containsExactly("HOLD 6");
        assertThat(rig.delete(people, 3L)).containsExactly("APPLY 7");
        assertThat(rig.upsert(people, 4L, null)).hasSize(3).startsWith("APPLY 8");
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.postgres().rows(people)).containsOnlyKeys("[4]");
    }

    @Test
    void aCircleOfKeysThatAreCheckedAtCommitComesAndLeaves() {
        Table a = table("a")
                .bigint("id")
                .bigint("b")
                .key("id")
                .notNull("b")
                .refers("b", "b", "id")
                .deferrable()
                .build();
        Table b = table("b")
                .bigint("id")
                .bigint("a")
                .key("id")
                .notNull("a")
                .refers("a", "a", "id")
                .deferrable()
                .build();
        GateRig rig = new GateRig(a, b);
        rig.upsert(a, 1L, 1L);
        assertThat(rig.upsert(b, 1L, 1L)).hasSize(3);
        assertThat(rig.waiting()).isEmpty();
        rig.delete(b, 1L);
        assertThat(rig.delete(a, 1L)).hasSize(3);
        assertThat(rig.postgres().rows(a)).isEmpty();
    }

    @Test
    void inACircleWithOneKeyThatIsCheckedAtOnceItsParentComesFirst() {
        Table a = table("a")
                .bigint("id")
                .bigint("b")
                .key("id")
                .refers("b", "b", "id")
                .build();
        Table b = table("b")
                .bigint("id")
                .bigint("a")
                .key("id")
                .notNull("a")
                .refers("a", "a", "id")
                .build();
        GateRig rig = new GateRig(a, b);
        rig.upsert(b, 1L, 1L);
        assertThat(rig.upsert(a, 1L, 1L)).containsExactly("WAIT 2", "+APPLY 2 &", "+APPLY 1");
        rig.delete(a, 1L);
        assertThat(rig.delete(b, 1L)).containsExactly("HOLD 4", "+APPLY 4 &", "+APPLY 3");
    }

    @Test
    void aCircleOfKeysThatAreCheckedAtOnceWaitsForEver() {
        Table a = table("a")
                .bigint("id")
                .bigint("b")
                .key("id")
                .notNull("b")
                .refers("b", "b", "id")
                .build();
        Table b = table("b")
                .bigint("id")
                .bigint("a")
                .key("id")
                .notNull("a")
                .refers("a", "a", "id")
                .build();
        GateRig rig = new GateRig(a, b);
        rig.upsert(a, 1L, 1L);
        assertThat(rig.upsert(b, 1L, 1L)).containsExactly("WAIT 2");
        assertThat(rig.waiting()).containsExactly(Outcome.WAIT, Outcome.WAIT);
    }

    @Test
    void aUniqueKeyAndThoseThatReferToItChangeTogether() {
        Table countries = countries().build();
        Table cities = cities().build();
        GateRig rig = new GateRig(countries, cities);
        rig.upsert(countries, 1L, "se");
        rig.upsert(cities, 1L, "se");
        rig.beginTransaction();
        assertThat(rig.upsert(countries, 1L, "no")).containsExactly("STALE 3");
        rig.endTransaction();
        assertThat(rig.upsert(cities, 1L, "no")).hasSize(3).startsWith("STALE 4");
        assertThat(rig.row(cities, 1L)).containsExactly(1L, "no");
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void aUniqueKeyWithAReferenceThatIsCheckedAtOnceCannotChange() {
        Table countries = countries().build();
        Table cities = cities().notNull("country").build();
        GateRig rig = new GateRig(countries, cities);
        rig.upsert(countries, 1L, "se");
        rig.upsert(cities, 1L, "se");
        rig.upsert(countries, 1L, "no");
        rig.upsert(cities, 1L, "no");
        assertThat(rig.row(countries, 1L)).containsExactly(1L, "se");
        assertThat(rig.waiting()).containsExactly(Outcome.STALE, Outcome.STALE);
    }

    @Test
    void aUniqueValueIsHandedOnInACircleThroughAHeldRow() {
        Table countries = countries().build();
        Table visits = table("visits")
                .bigint("id")
                .bigint("country")
                .key("id")
                .refers("country", "countries", "id")
                .build();
        GateRig rig = new GateRig(countries, visits);
        rig.upsert(countries, 1L, "se");
        rig.upsert(visits, 1L, 1L);
        rig.beginTransaction();
        assertThat(rig.delete(countries, 1L)).containsExactly("HOLD 3");
        assertThat(rig.upsert(countries, 2L, "se")).containsExactly("WAIT 4");
        rig.endTransaction();
        assertThat(rig.upsert(visits, 1L, 2L)).hasSize(4).startsWith("STALE 5");
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.postgres().rows(countries)).containsOnlyKeys("[2]");
    }

    @Test
    void aHardReferenceCannotStayOnAKeyThatChangesHands() {
        Table countries = countries().build();
        Table cities = cities().notNull("country").build();
        GateRig rig = new GateRig(countries, cities);
        rig.upsert(countries, 1L, "se");
        rig.upsert(cities, 1L, "se");
        rig.beginTransaction();
        rig.upsert(countries, 1L, "no");
        rig.upsert(countries, 2L, "se");
        rig.endTransaction();
        rig.upsert(cities, 1L, "se");
        assertThat(rig.row(countries, 1L)).containsExactly(1L, "se");
        assertThat(rig.waiting()).containsExactlyInAnyOrder(Outcome.STALE, Outcome.WAIT);
    }

    @Test
    void uniqueValuesSwappedThroughAThirdAreApplied() {
        Table countries = countries().build();
        GateRig rig = new GateRig(countries, cities().build());
        rig.upsert(countries, 1L, "a");
        rig.upsert(countries, 2L, "b");
        rig.beginTransaction();
        rig.upsert(countries, 1L, "c");
        rig.upsert(countries, 2L, "a");
        rig.endTransaction();
        rig.upsert(countries, 1L, "b");
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.row(countries, 2L)).containsExactly(2L, "a");
    }

    @Test
    void aCircleIsCompletedAfterARestart() {
        GateRig rig = new GateRig(people);
        rig.upsert(people, 1L, 2L);
        rig.reopen();
        rig.upsert(people, 2L, 1L);
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void aLongCircleIsApplied() {
        GateRig rig = new GateRig(people);
        for (long i = 1; i <= 500; i++) {
            rig.upsert(people, i, i % 500 + 1);
        }
        while (rig.hasWork()) {
            rig.heartbeat();
        }
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.postgres().rows(people)).hasSize(500);
    }

    /** One row can only stay because another one brings what it refers to; a third one refers to what nobody brings any more. */
    @Test
    void someRowsOfARunStayThatWereToBeEvictedAndSomeLeave() {
        Table parts = table("parts")
                .bigint("id")
                .text("code")
                .bigint("up")
                .text("via")
                .key("id")
                .unique("code")
                .refers("up", "parts", "id")
                .refers("via", "parts", "code")
                .build();
        GateRig rig = GateRig.under("parts_via_fk", new ForeignKeyRule(false, OnOrphan.EVICT), parts);
        rig.loaded(parts);
        rig.upsert(parts, 1L, "a", null, null);
        rig.upsert(parts, 2L, null, null, "a");
        rig.upsert(parts, 1L, "a", 2L, null);
        rig.upsert(parts, 3L, "b", null, null);
        rig.upsert(parts, 4L, null, 3L, null);

        rig.upsert(parts, 3L, null, null, "b");
        rig.upsert(parts, 1L, "b", null, null);

        assertThat(rig.row(parts, 1L)).containsExactly(1L, "b", null, null);
        assertThat(rig.row(parts, 3L)).containsExactly(3L, null, null, "b");
        assertThat(rig.row(parts, 2L)).as("nobody has code a").isNull();
        assertThat(rig.waiting()).containsExactly(Outcome.WAIT);
    }
}
