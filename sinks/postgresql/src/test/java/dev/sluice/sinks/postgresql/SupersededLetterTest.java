package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What ends a dead letter: whatever leaves nothing of the refused version behind, and nothing else. */
class SupersededLetterTest {
    private static final String DEAD = "SELECT key, sequence, reason, state FROM sluice.dead_letters ORDER BY 1, 2";
    private static final String WAITING = "SELECT key, kind FROM sluice.waiting";

    private final TestLane lane = TestLane.with(
                    "CREATE TABLE parents (id bigint PRIMARY KEY, name text)",
                    "CREATE TABLE children (id bigint PRIMARY KEY, parent bigint REFERENCES parents, v text CHECK (v <> 'bad'))")
            .capture("parents", "children");

    @AfterEach
    void close() {
        lane.close();
    }

    private void own(Outcome outcome, @Nullable String reason, TestLane.Draft draft) {
        lane.append(outcome, true, false, false, reason, draft);
    }

    /** Under the newest sequence, of an event of an earlier one or of that one. */
    private void released(
            long origin, Outcome outcome, boolean settles, @Nullable String reason, TestLane.Draft draft) {
        lane.send(
                new OrderedHeader(outcome, true, false, settles, lane.sequence(), origin, reason, true, false),
                draft.at(lane.source(origin, TestLane.PIPELINE_ID), TestLane.place(true)));
    }

    private TestLane.Draft reference(long child, @Nullable Long parent) {
        return lane.partial("children", Set.of("v"), child, parent, null);
    }

    @Test
    void aReferenceThatIsSetToNullAndBackLeavesTheDeadLetterOfItsRowOpen() {
        lane.transaction(lane.create("parents", 1L, "p"));
        lane.transaction(lane.create("children", 1L, 1L, "bad"));
        own(Outcome.HOLD, "children", lane.delete("parents", 1L));
        released(3, Outcome.SET_NULL, false, "no parent 1", reference(1, null));
        released(3, Outcome.APPLY, true, null, lane.delete("parents", 1L));
        lane.applyAll();
        assertThat(lane.rows(DEAD)).containsExactly("[1]|2|check|open");
        own(Outcome.APPLY, null, lane.create("parents", 1L, "again"));
        released(3, Outcome.APPLY, true, null, reference(1, 1L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM children")).isEmpty();
        assertThat(lane.rows(WAITING)).isEmpty();
        assertThat(lane.rows(DEAD)).containsExactly("[1]|2|check|open");
    }

    @Test
    void anEvictionThatIsCalledOffLeavesTheDeadLetterOfItsRowOpen() {
        lane.transaction(lane.create("parents", 1L, "p"), lane.create("children", 1L, 1L, "old"));
        lane.transaction(lane.update("children", 1L, 1L, "bad"));
        own(Outcome.HOLD, "children", lane.delete("parents", 1L));
        released(4, Outcome.HOLD, false, "its own referrers", lane.delete("children", 1L));
        own(Outcome.APPLY, null, lane.update("parents", 1L, "again"));
        released(4, Outcome.APPLY, true, null, lane.partial("children", Set.of("parent", "v"), 1L, null, null));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, parent, v FROM children")).containsExactly("1|1|old");
        assertThat(lane.rows(DEAD)).containsExactly("[1]|3|check|open");
        lane.transaction(lane.update("children", 1L, 1L, "newer"));
        lane.applyAll();
        assertThat(lane.rows(DEAD)).containsExactly("[1]|3|check|superseded");
    }

    @Test
    void aPartThatIsRefusedDoesNotTakeThePlaceOfTheVersionThatWas() {
        lane.sql("ALTER TABLE children ADD CONSTRAINT somewhere CHECK (parent IS NOT NULL)");
        lane.transaction(lane.create("parents", 1L, "p"), lane.create("children", 1L, 1L, "old"));
        lane.transaction(lane.update("children", 1L, 1L, "bad"));
        lane.applyAll();
        own(Outcome.HOLD, "children", lane.delete("parents", 1L));
        released(4, Outcome.SET_NULL, false, "no parent 1", reference(1, null));
        lane.applyAll();
        assertThat(lane.rows("SELECT key, state, convert_from(raw, 'UTF8') FROM sluice.dead_letters"))
                .containsExactly("[1]|open|{\"id\":1,\"parent\":1,\"v\":\"bad\"}");
    }

    @Test
    void anEvictionThatIsRefusedDoesNotTakeThePlaceOfTheVersionThatWas() {
        lane.sql("CREATE TABLE outside (child bigint REFERENCES children)");
        lane.transaction(lane.create("parents", 1L, "p"), lane.create("children", 1L, 1L, "old"));
        lane.transaction(lane.update("children", 1L, 1L, "bad"));
        lane.applyAll();
        lane.sql("INSERT INTO outside VALUES (1)");
        own(Outcome.HOLD, "children", lane.delete("parents", 1L));
        released(4, Outcome.EVICT, false, "no parent 1", lane.delete("children", 1L));
        lane.applyAll();
        assertThat(lane.rows(DEAD)).containsExactly("[1]|3|check|open");
    }

    @Test
    void aVersionThatIsAcceptedInFullEndsTheLetterOfItsRefusalWithoutItsReference() {
        lane.sql("ALTER TABLE children ADD CONSTRAINT somewhere CHECK (parent IS NOT NULL)");
        own(Outcome.SET_NULL, "no parent 7", lane.create("children", 1L, null, "new"));
        lane.applyAll();
        assertThat(lane.rows(DEAD)).containsExactly("[1]|1|check|open");
        own(Outcome.APPLY, null, lane.create("parents", 7L, "late"));
        released(1, Outcome.APPLY, true, null, lane.create("children", 1L, 7L, "new"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, parent FROM children")).containsExactly("1|7");
        assertThat(lane.rows(DEAD)).containsExactly("[1]|1|check|superseded");
    }

    @Test
    void aQuarantinedVersionThatIsAcceptedAfterAllEndsItsLetterInTheSameBatchToo() {
        own(Outcome.QUARANTINE, "no parent 7", lane.create("children", 1L, 7L, "new"));
        own(Outcome.APPLY, null, lane.create("parents", 7L, "late"));
        released(1, Outcome.APPLY, true, null, lane.create("children", 1L, 7L, "new"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, parent FROM children")).containsExactly("1|7");
        assertThat(lane.rows(DEAD)).containsExactly("[1]|1|orphan|superseded");
    }

    @Test
    void aVersionThatIsRefusedInFullKeepsItsLetterThoughItWasAcceptedWithoutItsReference() {
        lane.sql("ALTER TABLE children ADD CONSTRAINT elsewhere CHECK (parent <> 7)");
        own(Outcome.SET_NULL, "no parent 7", lane.create("children", 1L, null, "new"));
        own(Outcome.APPLY, null, lane.create("parents", 7L, "late"));
        released(1, Outcome.APPLY, true, null, lane.create("children", 1L, 7L, "new"));
        lane.applyAgainBehind(0);
        assertThat(lane.rows("SELECT id, parent FROM children")).containsExactly("1|null");
        assertThat(lane.rows("SELECT key, sequence FROM sluice.dead_letters WHERE state = 'open'"))
                .containsExactly("[1]|1");
    }

    @Test
    void aDeleteThatIsAcceptedAfterAllEndsItsLetter() {
        lane.sql("CREATE TABLE outside (parent bigint REFERENCES parents)");
        lane.transaction(lane.create("parents", 1L, "p"));
        lane.applyAll();
        lane.sql("INSERT INTO outside VALUES (1)");
        own(Outcome.APPLY, null, lane.delete("parents", 1L));
        lane.applyAll();
        assertThat(lane.rows(DEAD)).containsExactly("[1]|2|foreign-key|open");
        lane.sql("DELETE FROM outside");
        own(Outcome.APPLY, null, lane.create("parents", 2L, "p"));
        released(2, Outcome.APPLY, false, null, lane.delete("parents", 1L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM parents")).containsExactly("2");
        assertThat(lane.rows(DEAD)).containsExactly("[1]|2|foreign-key|superseded");
    }
}
