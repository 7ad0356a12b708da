package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeadLetterTest {
    private static final String PARENTS = "CREATE TABLE parents (id bigint PRIMARY KEY, name varchar(5) NOT NULL)";
    private static final String CHILDREN =
            "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents, n smallint CONSTRAINT positive CHECK (n > 0))";
    private static final String GRANDCHILDREN =
            "CREATE TABLE grandchildren (id bigint PRIMARY KEY, child_id bigint NOT NULL REFERENCES children)";

    private final TestLane lane =
            TestLane.with(PARENTS, CHILDREN, GRANDCHILDREN).capture("parents", "children", "grandchildren");

    @AfterEach
    void close() {
        lane.close();
    }

    @Test
    void aRefusedRowIsKeptWithItsReasonAndTheRestOfTheBatchIsApplied() {
        List<TestLane.Draft> drafts = new ArrayList<>();
        for (long i = 1; i <= 100; i++) {
            drafts.add(lane.create("parents", i, "p"));
            drafts.add(lane.create("children", i, i, 1));
        }
        drafts.add(20, lane.create("parents", 1001L, null));
        drafts.add(40, lane.create("parents", 1002L, "secret"));
        drafts.add(60, lane.create("children", 1003L, 1L, -5));
        drafts.add(80, lane.create("children", 1004L, 1L, 40_000));
        lane.transaction(drafts.toArray(TestLane.Draft[]::new));
        SinkStatus status = lane.applyAll();
        assertThat(lane.one("SELECT (SELECT count(*) FROM parents), (SELECT count(*) FROM children)"))
                .isEqualTo("100|100");
        assertThat(lane.rows("SELECT key, op, column_name, reason, state FROM sluice.dead_letters ORDER BY key"))
                .containsExactly(
                        "[1001]|c|name|not-null|open",
                        "[1002]|c|null|too-long|open",
                        "[1003]|c|null|check|open",
                        "[1004]|c|null|out-of-range|open");
        assertThat(lane.rows(
                        "SELECT convert_from(raw, 'UTF8'), raw_format FROM sluice.dead_letters WHERE key = '[1002]'"))
                .containsExactly("{\"id\":1002,\"name\":\"secret\"}|sluice-json/1");
        assertThat(lane.rows("SELECT message FROM sluice.dead_letters"))
                .noneMatch(message -> message.contains("secret"));
        assertThat(lane.one("SELECT message FROM sluice.dead_letters WHERE key = '[1003]'"))
                .isEqualTo("PostgreSQL refuses the row: check (SQLSTATE 23514, constraint positive, table children)");
        assertThat(status.deadLettered()).isEqualTo(4);
    }

    @Test
    void childrenOfADeadParentFollowItByLookUp() {
        AtomicLong savepoints = new AtomicLong();
        List<TestLane.Draft> first =
                new ArrayList<>(List.of(lane.create("parents", 1L, null), lane.create("parents", 2L, "ok")));
        lane.transaction(first.toArray(TestLane.Draft[]::new));
        lane.applyAll();
        List<TestLane.Draft> drafts = new ArrayList<>();
        for (long i = 1; i <= 1_000; i++) {
            drafts.add(lane.create("children", i, i % 10 == 0 ? 2L : 1L, 1));
            drafts.add(lane.create("grandchildren", i, i));
        }
        lane.transaction(drafts.toArray(TestLane.Draft[]::new));
        try (Sink sink = lane.sink(lane.settings(), point -> savepoints.addAndGet(point.equals("savepoint") ? 1 : 0))) {
            var end = TestLane.start(sink);
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        assertThat(lane.rows("SELECT table_name, reason, count(*) FROM sluice.dead_letters GROUP BY 1, 2 ORDER BY 1"))
                .containsExactly(
                        "public.children|parent|900", "public.grandchildren|parent|900", "public.parents|not-null|1");
        assertThat(lane.one("SELECT (SELECT count(*) FROM children), (SELECT count(*) FROM grandchildren)"))
                .isEqualTo("100|100");
        assertThat(savepoints.get()).as("attempts").isLessThan(10);
    }

    @Test
    void aParentThatRevivesInTheSameBatchKeepsItsChildrenWhateverTheWidthOfTheirKeys() {
        lane.sql("CREATE TABLE narrow (id bigint PRIMARY KEY, parent_id integer NOT NULL REFERENCES parents)");
        lane.capture("parents", "narrow");
        lane.transaction(lane.create("parents", 1L, null), lane.create("parents", 2L, null));
        lane.applyAll();
        lane.transaction(
                lane.create("parents", 1L, "good"), lane.create("narrow", 1L, 1), lane.create("narrow", 2L, 2));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM narrow")).containsExactly("1");
        assertThat(lane.rows("SELECT table_name, key, reason FROM sluice.dead_letters WHERE state = 'open' ORDER BY 1"))
                .containsExactly("public.narrow|[2]|parent", "public.parents|[2]|not-null");
    }

    @Test
    void parentsAreLookedUpByTheirKeyInItsOwnOrder() {
        lane.sql("CREATE TABLE places (a bigint, b bigint, code bigint UNIQUE, v text NOT NULL, PRIMARY KEY (a, b))");
        lane.sql(
                "CREATE TABLE visits (id bigint PRIMARY KEY, y integer, x integer, code bigint REFERENCES places (code), CONSTRAINT place FOREIGN KEY (y, x) REFERENCES places (b, a))");
        lane.capture("places", "visits");
        lane.transaction(lane.create("places", 1L, 2L, 12L, null), lane.create("places", 2L, 1L, 21L, "ok"));
        lane.transaction(
                lane.create("visits", 1L, 2, 1, null),
                lane.create("visits", 2L, 1, 2, 21L),
                lane.create("visits", 3L, null, 1, 12L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM visits")).containsExactly("2");
        assertThat(lane.rows("SELECT table_name, key, reason FROM sluice.dead_letters ORDER BY 1, 2"))
                .as("a reference by another key than the primary one is left to PostgreSQL")
                .containsExactly(
                        "public.places|[1,2]|not-null", "public.visits|[1]|parent", "public.visits|[3]|foreign-key");
    }

    @Test
    void aParentThatDiesInTheSameBatchTakesItsChildrenWithIt() {
        List<TestLane.Draft> drafts = new ArrayList<>(List.of(lane.create("parents", 1L, "too long")));
        for (long i = 1; i <= 300; i++) {
            drafts.add(lane.create("children", i, 1L, 1));
        }
        drafts.add(lane.create("parents", 2L, "ok"));
        drafts.add(lane.create("children", 999L, 2L, 1));
        lane.transaction(drafts.toArray(TestLane.Draft[]::new));
        lane.applyAll();
        assertThat(lane.rows("SELECT reason, count(*) FROM sluice.dead_letters GROUP BY 1 ORDER BY 1"))
                .containsExactly("parent|300", "too-long|1");
        assertThat(lane.rows("SELECT id FROM children")).containsExactly("999");
    }

    @Test
    void aChildOfALiveOlderVersionOfADeadParentIsApplied() {
        lane.transaction(lane.create("parents", 1L, "ok"));
        lane.transaction(lane.update("parents", 1L, null));
        lane.applyAll();
        lane.transaction(lane.create("children", 1L, 1L, 1), lane.create("children", 2L, 1L, -1));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM children")).containsExactly("1");
        assertThat(lane.rows("SELECT table_name, key, reason FROM sluice.dead_letters ORDER BY 1"))
                .containsExactly("public.children|[2]|check", "public.parents|[1]|not-null");
    }

    @Test
    void aLaterAppliedChangeSupersedesTheDeadLetter() {
        lane.transaction(
                lane.create("parents", 1L, null), lane.create("parents", 2L, null), lane.create("parents", 3L, null));
        lane.transaction(lane.rejected("public.parents", "[4]", "nul-character"));
        lane.applyAll();
        lane.transaction(
                lane.update("parents", 1L, "good"),
                lane.delete("parents", 2L),
                lane.update("parents", 3L, "still too long"));
        lane.transaction(lane.update("parents", 4L, "fine"));
        lane.applyAll();
        assertThat(lane.rows("SELECT key, sequence, reason, state FROM sluice.dead_letters ORDER BY key, sequence"))
                .containsExactly(
                        "[1]|1|not-null|superseded",
                        "[2]|2|not-null|superseded",
                        "[3]|3|not-null|superseded",
                        "[3]|7|too-long|open",
                        "[4]|4|nul-character|superseded");
        assertThat(lane.rows("SELECT id, name FROM parents ORDER BY id")).containsExactly("1|good", "4|fine");
    }

    @Test
    void aRejectedRecordKeepsItsRawBytes() {
        lane.transaction(lane.rejected("public.parents", "[\"\\\\u0000\"]", "nul-character"));
        lane.applyAll();
        assertThat(
                        lane.one(
                                "SELECT table_name, column_name, reason, message, encode(raw, 'hex'), raw_format, state FROM sluice.dead_letters"))
                .isEqualTo("public.parents|v|nul-character|the value is not one|0102|test/1|open");
    }

    @Test
    void aVeryLongKeyCanStillBeADeadLetter() {
        lane.sql("CREATE TABLE notes (id text PRIMARY KEY, v text NOT NULL)");
        lane.capture("parents", "children", "grandchildren", "notes");
        Random random = new Random(7);
        String key = random.ints(10_000, 'a', 'z').mapToObj(Character::toString).collect(Collectors.joining());
        lane.transaction(lane.create("notes", key, "v"), lane.create("notes", "short", "v"));
        lane.applyAll();
        assertThat(lane.rows("SELECT reason, length(key) < 600 FROM sluice.dead_letters"))
                .containsExactly("too-large|t");
        assertThat(lane.rows("SELECT id FROM notes")).containsExactly("short");
    }

    @Test
    void anOlderVersionThatIsReleasedLaterLeavesTheNewerDeadLetterOpen() {
        lane.append(Outcome.WAIT, true, false, false, "{}", lane.create("children", 1L, 1L, 1));
        lane.transaction(lane.rejected("public.children", "[1]", "nul-character"));
        lane.append(Outcome.APPLY, true, true, false, null, lane.create("parents", 1L, "ok"));
        lane.release(1, Outcome.APPLY, true, lane.create("children", 1L, 1L, 1));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, n FROM children")).containsExactly("1|1");
        assertThat(lane.rows("SELECT key, sequence, state FROM sluice.dead_letters"))
                .containsExactly("[1]|2|open");
    }

    @Test
    void aRowThatIsForgottenSupersedesItsDeadLetter() {
        lane.transaction(lane.rejected("public.children", "[1]", "nul-character"));
        lane.append(Outcome.WAIT, true, false, false, "{}", lane.update("children", 1L, 7L, 1));
        lane.append(Outcome.FORGET, true, false, true, null, lane.delete("children", 1L));
        lane.applyAll();
        assertThat(lane.rows("SELECT state FROM sluice.dead_letters")).containsExactly("superseded");
        assertThat(lane.rows("SELECT key FROM sluice.waiting")).isEmpty();
    }

    @Test
    void aDeleteNeverCascadesToARowThatOnlyADeadLetterKeepsBehind() {
        lane.sql("CREATE TABLE customers (id bigint PRIMARY KEY)");
        lane.sql(
                "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers ON DELETE CASCADE, note varchar(3))");
        lane.sql("CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders ON DELETE CASCADE)");
        lane.capture("customers", "orders", "lines");
        lane.transaction(
                lane.create("customers", 1L),
                lane.create("customers", 2L),
                lane.create("customers", 3L),
                lane.create("orders", 1L, 1L, "a"),
                lane.create("lines", 1L, 1L));
        lane.transaction(lane.update("orders", 1L, 2L, "too long"));
        lane.transaction(lane.delete("customers", 1L), lane.delete("customers", 3L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM customers ORDER BY id")).containsExactly("1", "2");
        assertThat(lane.rows("SELECT id FROM orders")).containsExactly("1");
        assertThat(lane.rows("SELECT id FROM lines")).containsExactly("1");
        assertThat(lane.rows("SELECT table_name, key, reason FROM sluice.dead_letters ORDER BY 1"))
                .containsExactly("public.customers|[1]|referenced", "public.orders|[1]|too-long");
    }

    @Test
    void aGuardedDeleteOfRowsThatReferToEachOtherOrToThemselvesDeletesThemAll() {
        lane.sql(
                "CREATE TABLE nodes (id bigint PRIMARY KEY, up bigint REFERENCES nodes ON DELETE SET NULL, note varchar(3))");
        lane.capture("nodes");
        lane.transaction(
                lane.create("nodes", 1L, null, null),
                lane.create("nodes", 2L, 1L, null),
                lane.create("nodes", 3L, 2L, null),
                lane.create("nodes", 4L, 4L, null),
                lane.create("nodes", 9L, null, "too long"));
        lane.transaction(
                lane.delete("nodes", 3L), lane.delete("nodes", 2L), lane.delete("nodes", 1L), lane.delete("nodes", 4L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM nodes")).isEmpty();
        assertThat(lane.rows("SELECT key, reason FROM sluice.dead_letters")).containsExactly("[9]|too-long");
    }

    @Test
    void aConstraintThatIsCheckedAtCommitRefusesTheRowAndNotTheLane() {
        lane.sql("CREATE TABLE seats (id bigint PRIMARY KEY, place bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)");
        lane.capture("seats");
        lane.transaction(lane.create("seats", 1L, 7L), lane.create("seats", 2L, 8L), lane.create("seats", 3L, 7L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM seats ORDER BY id")).containsExactly("1", "2");
        assertThat(lane.rows("SELECT key, reason FROM sluice.dead_letters")).containsExactly("[3]|unique");
    }
}
