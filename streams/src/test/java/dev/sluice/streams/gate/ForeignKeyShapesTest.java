package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.GateRig;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every shape of foreign key that PostgreSQL allows. */
class ForeignKeyShapesTest {
    @Test
    void aCompositeKeyWaitsForAllItsColumnsInAnyOrder() {
        Table parent = table("parent").bigint("a").text("b").key("a", "b").build();
        Table child = table("child")
                .bigint("id")
                .text("x")
                .bigint("y")
                .key("id")
                .refers(List.of("x", "y"), "parent", List.of("b", "a"), false)
                .build();
        GateRig rig = new GateRig(parent, child);

        assertThat(rig.upsert(child, 1L, "b", 2L)).containsExactly("WAIT 1");
        assertThat(rig.upsert(parent, 2L, "c")).containsExactly("APPLY 2");
        assertThat(rig.upsert(parent, 2L, "b")).containsExactly("APPLY 3", "+APPLY 1");
    }

    @Test
    void matchSimpleRefersToNothingWhenOneColumnIsNull() {
        Table parent = table("parent").bigint("a").bigint("b").key("a", "b").build();
        Table child = table("child")
                .bigint("id")
                .bigint("x")
                .bigint("y")
                .key("id")
                .refers(List.of("x", "y"), "parent", List.of("a", "b"), false)
                .build();

        assertThat(new GateRig(parent, child).upsert(child, 1L, 5L, null)).containsExactly("APPLY 1");
    }

    @Test
    void matchFullWaitsForEverWhenSomeColumnsAreNullAndNotWhenAllAre() {
        Table parent = table("parent").bigint("a").bigint("b").key("a", "b").build();
        Table child = table("child")
                .bigint("id")
                .bigint("x")
                .bigint("y")
                .key("id")
                .refers(List.of("x", "y"), "parent", List.of("a", "b"), true)
                .build();
        GateRig rig = new GateRig(parent, child);

        assertThat(rig.upsert(child, 1L, null, null)).containsExactly("APPLY 1");
        assertThat(rig.upsert(child, 2L, 5L, null)).containsExactly("WAIT 2");
        assertThat(rig.lastReason()).contains("match-full").contains("[5,null]");
        assertThat(rig.upsert(child, 2L, null, null)).containsExactly("APPLY 3");
    }

    @Test
    void aRowThatRefersToItselfIsItsOwnParent() {
        Table people = table("people")
                .bigint("id")
                .bigint("boss")
                .key("id")
                .refers("boss", "people", "id")
                .build();
        GateRig rig = new GateRig(people);

        assertThat(rig.upsert(people, 1L, 1L)).containsExactly("APPLY 1");
        assertThat(rig.upsert(people, 3L, 2L)).containsExactly("WAIT 2");
        assertThat(rig.upsert(people, 2L, 1L)).containsExactly("APPLY 3", "+APPLY 2");
        assertThat(rig.delete(people, 1L)).containsExactly("HOLD 4");
        assertThat(rig.delete(people, 2L)).containsExactly("HOLD 5");
        assertThat(rig.delete(people, 3L)).containsExactly("APPLY 6", "+APPLY 5", "+APPLY 4");
    }

    @Test
    void aRowMayReferToItselfThroughAUniqueKey() {
        Table people = table("people")
                .bigint("id")
                .text("code")
                .text("boss")
                .key("id")
                .unique("code")
                .refers("boss", "people", "code")
                .build();
        GateRig rig = new GateRig(people);

        assertThat(rig.upsert(people, 1L, "a", "a")).containsExactly("APPLY 1");
        assertThat(rig.upsert(people, 1L, "b", "b")).containsExactly("APPLY 2");
        assertThat(rig.upsert(people, 1L, "c", "b"))
                .as("its own old key is no parent")
                .containsExactly("STALE 3");
        assertThat(rig.delete(people, 1L)).containsExactly("APPLY 4");
    }

    @Test
    void severalForeignKeysHaveToBeSatisfiedTogether() {
        Table users = table("users").bigint("id").key("id").build();
        Table posts = table("posts")
                .bigint("id")
                .bigint("author")
                .bigint("editor")
                .key("id")
                .refers("author", "users", "id")
                .refers("editor", "users", "id")
                .build();
        GateRig rig = new GateRig(users, posts);

        rig.upsert(posts, 1L, 1L, 2L);
        assertThat(rig.lastReason()).contains("posts_editor_fk");
        assertThat(rig.upsert(users, 2L)).as("it waits for the other one now").containsExactly("APPLY 2", "+WAIT 1");
        assertThat(rig.lastReason()).contains("posts_author_fk");
        assertThat(rig.upsert(users, 1L)).containsExactly("APPLY 3", "+APPLY 1");
        assertThat(rig.upsert(posts, 2L, 1L, 1L)).containsExactly("APPLY 4");
        assertThat(rig.delete(users, 1L)).containsExactly("HOLD 5");
        assertThat(rig.delete(posts, 1L)).containsExactly("APPLY 6");
        assertThat(rig.delete(posts, 2L)).containsExactly("APPLY 7", "+APPLY 5");
    }

    @Test
    void aRowThatNobodyRefersToIsLookedAtOnceAllItsParentsCame() {
        Table users = table("users").bigint("id").key("id").build();
        Table posts = table("posts")
                .bigint("id")
                .bigint("author")
                .bigint("editor")
                .key("id")
                .refers("author", "users", "id")
                .refers("editor", "users", "id")
                .build();
        GateRig rig = new GateRig(users, posts);

        rig.upsert(posts, 1L, 1L, 2L);
        assertThat(rig.upsert(users, 1L)).containsExactly("APPLY 2");
        assertThat(rig.upsert(users, 2L)).containsExactly("APPLY 3", "+APPLY 1");
    }

    @Test
    void aDiamondIsReleasedFromItsTop() {
        Table top = table("top").bigint("id").key("id").build();
        Table left = table("left")
                .bigint("id")
                .bigint("top")
                .key("id")
                .refers("top", "top", "id")
                .build();
        Table right = table("right")
                .bigint("id")
                .bigint("top")
                .key("id")
                .refers("top", "top", "id")
                .build();
        Table bottom = table("bottom")
                .bigint("id")
                .bigint("l")
                .bigint("r")
                .key("id")
                .refers("l", "left", "id")
                .refers("r", "right", "id")
                .build();
        GateRig rig = new GateRig(top, left, right, bottom);

        rig.upsert(bottom, 1L, 1L, 1L);
        rig.upsert(left, 1L, 1L);
        rig.upsert(right, 1L, 1L);
        assertThat(rig.upsert(top, 1L)).hasSize(4).startsWith("APPLY 4").endsWith("+APPLY 1");
    }

    @Test
    void aKeyOntoAUniqueConstraintFollowsItsValueNotItsRow() {
        Table countries = table("countries")
                .bigint("id")
                .text("code")
                .key("id")
                .unique("code")
                .build();
        Table cities = table("cities")
                .bigint("id")
                .text("country")
                .key("id")
                .refers("country", "countries", "code")
                .build();
        GateRig rig = new GateRig(countries, cities);

        rig.upsert(cities, 1L, "se");
        assertThat(rig.upsert(countries, 1L, "no")).containsExactly("APPLY 2");
        assertThat(rig.upsert(countries, 1L, "se")).containsExactly("APPLY 3", "+APPLY 1");
        assertThat(rig.upsert(countries, 1L, "fi"))
                .as("a key that is referred to is kept")
                .containsExactly("STALE 4");
        assertThat(rig.upsert(cities, 2L, "se"))
                .as("a key about to go gets no new referrers")
                .containsExactly("WAIT 5");
        assertThat(rig.delete(cities, 1L)).containsExactly("APPLY 6", "+APPLY 4");
        assertThat(rig.upsert(countries, 2L, "se")).containsExactly("APPLY 7", "+APPLY 5");
        assertThat(rig.delete(countries, 2L)).containsExactly("HOLD 8");
    }

    @Test
    void aUniqueValueOfAHeldRowBlocksItsNextHolderUntilItIsFree() {
        Table countries = table("countries")
                .bigint("id")
                .text("code")
                .key("id")
                .unique("code")
                .build();
        Table cities = table("cities")
                .bigint("id")
                .text("country")
                .key("id")
                .refers("country", "countries", "code")
                .build();
        GateRig rig = new GateRig(countries, cities);
        rig.upsert(countries, 1L, "se");
        rig.upsert(cities, 1L, "se");
        rig.delete(countries, 1L);

        assertThat(rig.upsert(countries, 2L, "se")).containsExactly("WAIT 4");
        assertThat(rig.lastReason()).contains("blocked-by-held");
        assertThat(rig.upsert(cities, 1L, null)).containsExactly("APPLY 5", "+APPLY 3", "+APPLY 4");
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void aForeignKeyToATableOutsideTheCatalogIsNotGated() {
        Table orders = table("orders")
                .bigint("id")
                .bigint("tenant")
                .key("id")
                .refers("tenant", "tenants", "id")
                .build();
        GateRig rig = new GateRig(orders);

        assertThat(rig.upsert(orders, 1L, 9L)).containsExactly("APPLY 1");
        assertThat(rig.state().size()).as("only the plan's fingerprint").isEqualTo(1);
    }

    @Test
    void aTableThatNoForeignKeyTouchesHasNoState() {
        Table log = table("log").bigint("id").key("id").build();
        GateRig rig = new GateRig(log);
        rig.upsert(log, 1L);
        rig.delete(log, 2L);

        assertThat(rig.truncate(log)).containsExactly("APPLY 3");
        assertThat(rig.state().size()).isEqualTo(1);
    }

    @Test
    void rowsThatReferToEachOtherComeAndLeaveTogether() {
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
                .refers("a", "a", "id")
                .build();
        GateRig rig = new GateRig(a, b);

        assertThat(rig.upsert(a, 1L, 1L)).containsExactly("WAIT 1");
        assertThat(rig.upsert(b, 1L, 1L)).hasSize(3).startsWith("WAIT 2").contains("+APPLY 1 &");
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.delete(a, 1L)).containsExactly("HOLD 3");
        assertThat(rig.delete(b, 1L)).hasSize(3).startsWith("HOLD 4");
        assertThat(rig.postgres().rows(a)).isEmpty();
        assertThat(rig.postgres().rows(b)).isEmpty();
    }
}
