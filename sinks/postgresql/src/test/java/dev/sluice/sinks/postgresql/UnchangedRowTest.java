package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rows that have an event's values already are not written again: their place in the table tells. */
class UnchangedRowTest {
    private final TestLane lane = TestLane.with(
                    "CREATE TABLE t (id bigint PRIMARY KEY, j json, n numeric, p point, CHECK (n < 100))")
            .capture("t");

    @AfterEach
    void close() {
        lane.close();
    }

    private List<String> places() {
        return lane.rows("SELECT id, ctid, _sluice_seq FROM t ORDER BY id");
    }

    @Test
    void aRowThatHasTheValuesAlreadyStaysWhereItIsWhateverItsTypes() {
        lane.transaction(lane.create("t", 1L, "{\"a\": 1}", "1.0", "(1,2)"), lane.create("t", 2L, null, null, null));
        lane.applyAll();
        List<String> before = places();
        lane.transaction(lane.update("t", 1L, "{\"a\": 1}", "1.0", "(1,2)"), lane.update("t", 2L, null, null, null));
        lane.applyAll();
        assertThat(places()).isEqualTo(before);
        lane.transaction(
                lane.update("t", 1L, "{\"a\": 1}", "1.00", "(1,2)"), lane.update("t", 2L, null, null, "(1,1)"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, n, p, _sluice_seq FROM t ORDER BY id"))
                .as("equal, but not the same")
                .containsExactly("1|1.00|(1,2)|5", "2|null|(1,1)|6");
    }

    @Test
    void aRowThatChangedAndChangedBackWithinABatchIsWrittenSoThatItNeverGoesBackInBetween() {
        lane.transaction(lane.create("t", 1L, null, "1", null));
        lane.applyAll();
        lane.transaction(lane.update("t", 1L, null, "2", null));
        lane.transaction(lane.update("t", 1L, null, "1", null));
        lane.applyAll();
        assertThat(lane.rows("SELECT n, _sluice_seq FROM t")).containsExactly("1|3");
        lane.sql("UPDATE sluice.progress SET sequence = 1, ordered_offset = -1");
        // One event in each batch: the older one must find that the row is newer.
        lane.sql("CREATE TABLE seen (n numeric)");
        lane.sql(
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (NEW.n); RETURN NULL; END $$");
        lane.sql("CREATE TRIGGER note AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note()");
        lane.applyAll(lane.settings(1));
        assertThat(lane.rows("SELECT n FROM seen")).isEmpty();
        assertThat(lane.rows("SELECT n, _sluice_seq FROM t")).containsExactly("1|3");
    }

    @Test
    void whatSupersedesADeadLetterIsWrittenSoThatTheRefusedVersionCannotComeBackOverIt() {
        lane.transaction(lane.create("t", 1L, null, "1", null));
        lane.transaction(lane.update("t", 1L, null, "100", null));
        lane.applyAll(lane.settings(1));
        lane.transaction(lane.update("t", 1L, null, "1", null));
        lane.applyAll();
        assertThat(lane.rows("SELECT state FROM sluice.dead_letters")).containsExactly("superseded");
        assertThat(lane.rows("SELECT n, _sluice_seq FROM t")).containsExactly("1|3");
    }
}
