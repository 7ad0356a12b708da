package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.ACCOUNTS;
import static dev.sluice.producers.api.ContractTables.LINES;
import static dev.sluice.producers.api.ContractTables.NOTES;
import static dev.sluice.producers.api.ContractTables.SAVINGS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.progress.Backfill;
import dev.sluice.schemas.progress.SnapshotProgress;
import dev.sluice.schemas.relational.TableId;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotsTest {
    private static final byte[] CURSOR = {7};

    @Test
    void tablesAreReadInTheSourcesOrder() {
        Snapshots snapshots = Snapshots.resume(ContractTables.captured(), table -> "1", List.of());
        for (var table : ContractTables.ALL) {
            assertThat(snapshots.next()).contains(SnapshotProgress.begin(table.id(), "1"));
            snapshots.read(table.id(), null, 0, 0);
        }
        assertThat(snapshots.next()).isEmpty();
        assertThat(snapshots.progress()).allMatch(SnapshotProgress::done);
    }

    @Test
    void rowsAndRejectedRowsAddUpOverARestart() {
        Snapshots before = Snapshots.resume(ContractTables.captured(), table -> "1", List.of());
        before.read(ACCOUNTS.id(), CURSOR, 10, 2);
        Snapshots after = Snapshots.resume(ContractTables.captured(), table -> "1", before.progress());
        assertThat(after.next()).contains(new SnapshotProgress(ACCOUNTS.id(), "1", CURSOR, 10, 2, false));
        assertThat(after.read(ACCOUNTS.id(), null, 5, 1))
                .isEqualTo(new SnapshotProgress(ACCOUNTS.id(), "1", null, 15, 3, true));
        assertThat(after.next()).contains(SnapshotProgress.begin(NOTES.id(), "1"));
    }

    @Test
    void aTableThatIsCapturedAgainIsReadFromItsBeginning() {
        List<SnapshotProgress> done = List.of(
                new SnapshotProgress(ACCOUNTS.id(), "1", null, 3, 0, true),
                new SnapshotProgress(new TableId("public", "gone"), "1", null, 3, 0, true),
                new SnapshotProgress(SAVINGS.id(), "1", null, 3, 0, true));
        Snapshots snapshots = Snapshots.resume(ContractTables.captured(), table -> "1", done);
        assertThat(snapshots.progress())
                .extracting(SnapshotProgress::table)
                .containsExactly(ACCOUNTS.id(), NOTES.id(), SAVINGS.id(), LINES.id());
        assertThat(snapshots.next()).contains(SnapshotProgress.begin(NOTES.id(), "1"));
        snapshots.read(NOTES.id(), null, 0, 0);
        assertThat(snapshots.next()).contains(SnapshotProgress.begin(LINES.id(), "1"));
    }

    @Test
    void aTableUnderAnotherCaptureIsReadFromItsBeginning() {
        List<SnapshotProgress> done = List.of(new SnapshotProgress(ACCOUNTS.id(), "1", null, 3, 0, true));
        Snapshots snapshots = Snapshots.resume(ContractTables.captured(), table -> "2", done);
        assertThat(snapshots.next()).contains(SnapshotProgress.begin(ACCOUNTS.id(), "2"));
    }

    @Test
    void aTableIsReadAgainUnderASignalUntilItsEnd() {
        Backfill backfill = new Backfill("b", "x > 1", false);
        Snapshots snapshots = Snapshots.resume(ContractTables.captured(), table -> "1", done());
        assertThat(snapshots.next()).isEmpty();
        snapshots.restart(LINES.id(), backfill);
        snapshots.restart(ACCOUNTS.id(), backfill);
        assertThat(snapshots.next()).contains(SnapshotProgress.begin(ACCOUNTS.id(), "1", backfill));
        snapshots.read(ACCOUNTS.id(), null, 2, 0);
        assertThat(snapshots.underWayFor("b"))
                .extracting(SnapshotProgress::table)
                .containsExactly(LINES.id());
        Snapshots after = Snapshots.resume(ContractTables.captured(), table -> "1", snapshots.progress());
        assertThat(after.next()).contains(SnapshotProgress.begin(LINES.id(), "1", backfill));
        after.read(LINES.id(), CURSOR, 3, 0);
        assertThat(after.read(LINES.id(), null, 4, 1))
                .isEqualTo(new SnapshotProgress(LINES.id(), "1", null, 7, 1, true, backfill));
        assertThat(after.underWayFor("b")).isEmpty();
    }

    @Test
    void aBackfillUnderAnotherCaptureReadsEveryRowAndIsStillAnswered() {
        Backfill backfill = new Backfill("b", "x > 1", false);
        Snapshots snapshots = Snapshots.resume(ContractTables.captured(), table -> "1", done());
        snapshots.restart(LINES.id(), backfill);
        Snapshots after = Snapshots.resume(
                ContractTables.captured(), table -> table.equals(LINES.id()) ? "2" : "1", snapshots.progress());
        assertThat(after.next()).contains(SnapshotProgress.begin(LINES.id(), "2", new Backfill("b", null, false)));
        assertThat(after.underWayFor("b")).hasSize(1);
    }

    private static List<SnapshotProgress> done() {
        return ContractTables.ALL.stream()
                .map(table -> new SnapshotProgress(table.id(), "1", null, 3, 0, true))
                .toList();
    }
}
