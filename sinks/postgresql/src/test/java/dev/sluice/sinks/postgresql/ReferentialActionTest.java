package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A topology that trusts its source may be wrong about who refers to a row; PostgreSQL's own actions must not show it. */
class ReferentialActionTest {
    private static final String DEAD =
            "SELECT table_name, key, reason FROM sluice.dead_letters WHERE state = 'open' ORDER BY 1, 2";

    private final TestLane lane = TestLane.with();

    @AfterEach
    void close() {
        lane.close();
    }

    private void tables(String action) {
        lane.sql("CREATE TABLE parents (id bigint PRIMARY KEY, code numeric UNIQUE, v text)");
        lane.sql(
                "CREATE TABLE byid (id bigint PRIMARY KEY, parent bigint REFERENCES parents ON DELETE " + action + ")");
        lane.sql("CREATE TABLE bycode (id bigint PRIMARY KEY, code numeric REFERENCES parents (code) ON UPDATE "
                + action + " ON DELETE " + action + ")");
        lane.capture("parents", "byid", "bycode").watchActions("parents", "byid", "bycode");
    }

    private void assertNoAction() {
        assertThat(lane.rows("SELECT * FROM acted")).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"CASCADE", "SET NULL", "SET DEFAULT"})
    void aDeleteOrAChangeOfKeyThatRowsStillReferToIsRefused(String action) {
        tables(action);
        lane.transaction(
                lane.create("parents", 1L, "1", "a"),
                lane.create("parents", 2L, "2", "a"),
                lane.create("parents", 3L, "3", "a"),
                lane.create("parents", 4L, "4", "a"),
                lane.create("byid", 1L, 1L),
                lane.create("bycode", 2L, "2"),
                lane.create("bycode", 3L, "3"));
        lane.transaction(
                lane.delete("parents", 1L),
                lane.delete("parents", 2L),
                lane.update("parents", 3L, "30", "b"),
                lane.update("parents", 4L, "40", "b"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, code, v FROM parents ORDER BY id"))
                .containsExactly("1|1|a", "2|2|a", "3|3|a", "4|40|b");
        assertThat(lane.rows("SELECT id, parent::numeric FROM byid UNION ALL SELECT id, code FROM bycode ORDER BY 1"))
                .containsExactly("1|1", "2|2", "3|3");
        assertThat(lane.rows(DEAD))
                .containsExactly(
                        "public.parents|[1]|referenced",
                        "public.parents|[2]|referenced",
                        "public.parents|[3]|referenced");
        lane.transaction(lane.update("parents", 3L, "3", "c"));
        lane.transaction(lane.delete("bycode", 2L), lane.delete("parents", 2L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, v FROM parents WHERE id IN (2, 3)")).containsExactly("3|c");
        assertThat(lane.rows(DEAD)).containsExactly("public.parents|[1]|referenced");
        assertNoAction();
    }

    @Test
    void aValueThatOnlyLooksDifferentIsAChangeToPostgresAndSoHere() {
        tables("SET NULL");
        lane.transaction(lane.create("parents", 1L, "1.0", "a"), lane.create("bycode", 1L, "1"));
        lane.applyAll();
        lane.transaction(lane.update("parents", 1L, "1.0", "b"));
        lane.applyAll();
        lane.transaction(lane.update("parents", 1L, "1.00", "c"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, code, v FROM parents")).containsExactly("1|1.0|b");
        assertThat(lane.rows("SELECT code FROM bycode")).containsExactly("1");
        assertThat(lane.rows(DEAD)).containsExactly("public.parents|[1]|referenced");
        assertNoAction();
    }

    @Test
    void aKeyOfLimitedLengthThatStaysAsItIsIsNoChange() {
        lane.sql(
                "CREATE TABLE owners (id bigint PRIMARY KEY, a numeric(10,2), b character(5), c varchar(5), n integer, UNIQUE (a, b, c))");
        lane.sql(
                "CREATE TABLE owned (id bigint PRIMARY KEY, a numeric(10,2), b character(5), c varchar(5), FOREIGN KEY (a, b, c) REFERENCES owners (a, b, c) ON UPDATE CASCADE)");
        lane.capture("owners", "owned").watchActions("owners", "owned");
        lane.transaction(lane.create("owners", 1L, "1.5", "x", "y", 1), lane.create("owned", 1L, "1.5", "x", "y"));
        lane.applyAll();
        lane.transaction(lane.update("owners", 1L, "1.5", "x", "y", 2));
        lane.applyAll();
        assertThat(lane.rows("SELECT _sluice_seq FROM owners")).containsExactly("3");
        assertThat(lane.rows(DEAD)).isEmpty();
    }

    @Test
    void rowsThatLeaveFirstAreOutOfTheWayWhateverTheBatch() {
        tables("CASCADE");
        lane.transaction(
                lane.create("parents", 1L, "1", "a"),
                lane.create("parents", 2L, "2", "a"),
                lane.create("byid", 1L, 1L),
                lane.create("byid", 2L, 1L),
                lane.create("bycode", 1L, "2"));
        lane.applyAll();
        lane.transaction(lane.update("byid", 1L, 2L), lane.delete("byid", 2L), lane.delete("parents", 1L));
        lane.transaction(lane.update("bycode", 1L, null));
        lane.transaction(lane.update("parents", 2L, "20", "b"));
        lane.transaction(lane.update("bycode", 1L, "20"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, code FROM parents")).containsExactly("2|20");
        assertThat(lane.rows("SELECT id, parent::numeric FROM byid UNION ALL SELECT id, code FROM bycode"))
                .containsExactly("1|2", "1|20");
        assertThat(lane.rows(DEAD)).isEmpty();
        assertNoAction();
    }

    @Test
    void aTruncateThatRowsOfAnotherTableReferToIsRefused() {
        tables("CASCADE");
        lane.transaction(lane.create("parents", 1L, "1", "a"), lane.create("byid", 1L, 1L));
        lane.transaction(lane.truncate("parents"));
        lane.transaction(lane.create("parents", 2L, "2", "a"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM parents ORDER BY id")).containsExactly("1", "2");
        assertThat(lane.rows("SELECT id FROM byid")).containsExactly("1");
        assertThat(lane.rows(DEAD)).containsExactly("public.parents|[]|referenced");
        lane.transaction(lane.truncate("byid"));
        lane.transaction(lane.truncate("parents"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM parents UNION ALL SELECT id FROM byid"))
                .isEmpty();
        assertNoAction();
    }

    @Test
    void rowsOfTablesThatNobodyCapturesCountToo() {
        lane.sql("CREATE TABLE parents (id bigint PRIMARY KEY)");
        lane.sql("CREATE SCHEMA elsewhere");
        lane.sql("CREATE TABLE elsewhere.notes (parent bigint REFERENCES parents ON DELETE CASCADE)");
        lane.capture("parents").watchActions("elsewhere.notes");
        lane.transaction(lane.create("parents", 1L), lane.create("parents", 2L));
        lane.applyAll();
        lane.sql("INSERT INTO elsewhere.notes VALUES (1)");
        lane.transaction(lane.delete("parents", 1L), lane.delete("parents", 2L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM parents")).containsExactly("1");
        assertThat(lane.rows("SELECT parent FROM elsewhere.notes")).containsExactly("1");
        assertThat(lane.rows(DEAD)).containsExactly("public.parents|[1]|referenced");
        assertNoAction();
    }

    @Test
    void rowsThatReferToEachOtherLeaveTogetherUnlessAnotherRefersToThem() {
        lane.sql("CREATE TABLE nodes (id bigint PRIMARY KEY, up bigint REFERENCES nodes ON DELETE CASCADE)");
        lane.capture("nodes").watchActions("nodes");
        for (long i = 1; i <= 200; i++) {
            lane.transaction(lane.create("nodes", i, i == 1 ? null : i - 1));
        }
        lane.applyAll();
        TestLane.Draft[] all = new TestLane.Draft[150];
        for (int i = 0; i < all.length; i++) {
            all[i] = lane.delete("nodes", 200L - i);
        }
        lane.transaction(all);
        lane.applyAll();
        assertThat(lane.one("SELECT count(*), max(id) FROM nodes")).isEqualTo("50|50");
        lane.transaction(lane.delete("nodes", 48L), lane.delete("nodes", 50L));
        lane.applyAll();
        assertThat(lane.one("SELECT count(*), max(id) FROM nodes")).isEqualTo("49|49");
        assertThat(lane.rows(DEAD)).containsExactly("public.nodes|[48]|referenced");
        assertNoAction();
    }
}
