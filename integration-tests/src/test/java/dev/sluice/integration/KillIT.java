package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} while an application writes. */
final class KillIT {
    @TempDir
    private Path directory;

    @Test
    void killedInTheBackfillUnderLoadAndWhenIdleItContinuesWithoutLossOrDuplicate() throws SQLException {
        Workspace workspace = new Workspace(directory);
        String target = LocalPostgres.temporary().createDatabase();
        Sluice.Running writer = workspace.startWriter(150, "--rows", "60000");
        try (writer) {
            workspace.initWithTarget(target);

            try (Sluice.Running run = workspace.startRun()) {
                run.await("a backfill that has begun and not ended", () -> backfilling(target));
                run.kill9();
            }
            assertThat(backfilling(target)).as("killed in the middle").isTrue();

            try (Sluice.Running run = workspace.startRun()) {
                run.await("the end of the backfill", () -> backfilled(target));
                long before = sequence(target);
                run.await("changes that are followed", () -> sequence(target) > before + 300);
                run.kill9();
            }

            try (Sluice.Running run = workspace.startRun()) {
                long before = sequence(target);
                run.await("changes that are followed again", () -> sequence(target) > before + 300);
                writer.closeInput().expectExitCode(0);
                run.await("nothing but heartbeats", () -> idle(target));
                run.kill9();
            }
        }

        workspace.runUntilCaughtUp().expectExitCode(0);

        SideBySide.expectEqual(workspace.source(), target);
        assertThat(Workspace.query(target, "SELECT count(*) FROM sluice.waiting"))
                .containsExactly("0");
        assertThat(Workspace.query(target, "SELECT count(*) FROM sluice.dead_letters"))
                .containsExactly("0");
    }

    private static boolean backfilling(String target) throws SQLException {
        List<String> phases = Workspace.query(target, "SELECT DISTINCT phase FROM sluice.tables");
        long rows = number(target, "SELECT sum(snapshot_rows) FROM sluice.tables");
        return rows > 0 && !phases.equals(List.of("live"));
    }

    private static boolean backfilled(String target) throws SQLException {
        return Workspace.query(target, "SELECT DISTINCT phase FROM sluice.tables")
                .equals(List.of("live"));
    }

    private static long sequence(String target) throws SQLException {
        return number(target, "SELECT sequence FROM sluice.progress");
    }

    /** The newest applied change of a row is no longer the newest applied event. */
    private static boolean idle(String target) throws SQLException {
        return number(
                        target,
                        "SELECT (SELECT sequence FROM sluice.progress)"
                                + " - greatest((SELECT max(_sluice_seq) FROM ping_results), (SELECT max(_sluice_seq) FROM devices))")
                > 20;
    }

    private static long number(String target, String sql) throws SQLException {
        String found = Workspace.query(target, sql).get(0);
        return found.equals("null") ? 0 : Long.parseLong(found);
    }
}
