package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody puts an older state of the target back. */
class RestoredTargetTest {
    private static final List<String> SAVED =
            List.of("parents", "children", "sluice.progress", "sluice.waiting", "sluice.dead_letters", "sluice.tables");

    private final TestLane lane = TestLane.with(
            "CREATE TABLE parents (id bigint PRIMARY KEY, name varchar(5) UNIQUE)",
            "CREATE TABLE children (id bigint PRIMARY KEY, parent bigint NOT NULL REFERENCES parents)");

    @AfterEach
    void close() {
        lane.close();
    }

    private void save() {
        lane.sql("CREATE SCHEMA backup");
        SAVED.forEach(table ->
                lane.sql("CREATE TABLE backup." + table.replace("sluice.", "sluice_") + " AS SELECT * FROM " + table));
    }

    private void restore() {
        lane.sql("TRUNCATE parents, children, sluice.progress, sluice.waiting, sluice.dead_letters, sluice.tables");
        SAVED.forEach(
                table -> lane.sql("INSERT INTO " + table + (table.endsWith("letters") ? " OVERRIDING SYSTEM VALUE" : "")
                        + " SELECT * FROM backup." + table.replace("sluice.", "sluice_")));
    }

    private void early() {
        lane.transaction(lane.create("parents", 1L, "a"), lane.create("parents", 2L, "b"));
        lane.append(Outcome.WAIT, true, false, false, "children_parent_fkey [3]", lane.create("children", 1L, 3L));
        lane.transaction(lane.create("parents", 9L, "too long"), lane.create("children", 2L, 1L));
    }

    private void late() {
        lane.transaction(lane.create("parents", 3L, "c"));
        lane.release(3, Outcome.APPLY, true, lane.create("children", 1L, 3L));
        lane.transaction(lane.update("parents", 9L, "short"), lane.delete("children", 2L));
        lane.transaction(lane.update("parents", 1L, "b"), lane.update("parents", 2L, "a"));
    }

    private List<String> everything() {
        List<String> rows = new ArrayList<>(
                lane.rows(
                        "SELECT 'parents', id, name FROM parents UNION ALL SELECT 'children', id, parent::text FROM children ORDER BY 1, 2"));
        rows.addAll(lane.rows("SELECT table_name, key, kind FROM sluice.waiting"));
        rows.addAll(lane.rows("SELECT table_name, key, reason, state FROM sluice.dead_letters ORDER BY id"));
        rows.addAll(lane.rows("SELECT sequence, ordered_offset FROM sluice.progress"));
        return rows;
    }

    @ParameterizedTest(name = "guarded: {0}")
    @ValueSource(booleans = {true, false})
    void aSinkGoesOnFromAnOlderBackupAndEndsInTheSameState(boolean guarded) {
        if (guarded) {
            lane.capture("parents", "children");
        } else {
            lane.captureUnguarded("parents", "children");
        }
        early();
        lane.applyAll();
        save();
        late();
        lane.applyAll();
        List<String> expected = everything();
        restore();
        assertThat(everything()).isNotEqualTo(expected);
        lane.applyAll();
        assertThat(everything()).isEqualTo(expected);
    }

    @Test
    void aSinkThatRunsMeanwhileIsRefusedAndTheNextOneGoesOn() {
        lane.capture("parents", "children");
        early();
        lane.applyAll();
        save();
        late();
        Sink sink = lane.sink(lane.settings(), FaultPoints.NONE);
        CompletableFuture<Void> end = TestLane.start(sink);
        lane.awaitApplied(end);
        List<String> expected = everything();
        restore();
        lane.transaction(lane.delete("children", 1L));
        assertThatThrownBy(end::join)
                .cause()
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("restored from a backup")
                .hasMessageContaining("Start again");
        lane.applyAll();
        assertThat(everything()).doesNotContain("children|1|3").hasSize(expected.size() - 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DELETE FROM sluice.progress", "DROP SCHEMA sluice CASCADE"})
    void aBackupWithoutTheCursorIsRefusedWithTheWayOut(String loss) {
        lane.capture("parents", "children");
        early();
        lane.applyAll();
        lane.sql(loss);
        late();
        Sink sink = lane.sink(lane.settings(), FaultPoints.NONE);
        assertThatThrownBy(sink::run)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("lane main of pipeline " + lane.pipeline)
                .hasMessageContaining("restored from a backup without it")
                .hasMessageContaining("Run sluice prepare; it backfills again");
        assertThat(lane.rows("SELECT id FROM parents ORDER BY id")).containsExactly("1", "2");
    }
}
