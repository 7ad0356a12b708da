package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parts that do not belong together are refused by name, and nothing is written. */
final class RefusalIT {
    private static final String STATE =
            "SELECT (SELECT string_agg(i::text, ',' ORDER BY id) FROM items i), (SELECT string_agg(p::text, ',') FROM sluice.pipelines p),"
                    + " (SELECT string_agg(concat(sequence, ordered_offset), ',') FROM sluice.progress)";

    @TempDir
    private Path directory;

    private Workspace workspace;
    private String target;

    @BeforeEach
    void moveSomeRows() throws SQLException {
        workspace = new Workspace(directory);
        target = LocalPostgres.temporary().createDatabase();
        workspace.executeOnSource("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)");
        workspace.executeOnSource("INSERT INTO items VALUES (1, 'one'), (2, 'two')");
        workspace.initWithTarget(target);
        workspace.runUntilCaughtUp().expectExitCode(0);
        workspace.executeOnSource("INSERT INTO items VALUES (3, 'three')");
    }

    @Test
    void lostKafkaDataIsRefusedWhileTheTargetHasRows() throws IOException, SQLException {
        List<String> before = Workspace.query(target, STATE);
        delete(workspace.dataDirectory().resolve("kafka"));

        workspace.runUntilCaughtUp().expectExitCode(8).expectMessage("Kafka").expectNoStackTrace();

        assertThat(Workspace.query(target, STATE)).isEqualTo(before);
    }

    @Test
    void anotherPipelinesDirectoryIsRefused() throws IOException, SQLException {
        Path other = Files.createDirectory(directory.resolve("other"));
        Workspace stranger = new Workspace(other);
        String strangersTarget = LocalPostgres.temporary().createDatabase();
        Files.copy(workspace.source(), stranger.source());
        stranger.executeOnSource("DELETE FROM items");
        stranger.initWithTarget(strangersTarget);
        stranger.edit(text -> text.replace("pipeline: app", "pipeline: stranger"));
        stranger.runUntilCaughtUp().expectExitCode(0);
        List<String> before = Workspace.query(target, STATE);
        delete(workspace.dataDirectory());
        Files.move(stranger.dataDirectory(), workspace.dataDirectory());

        workspace
                .runUntilCaughtUp()
                .expectExitCode(8)
                .expectMessage(workspace.dataDirectory().toString(), "stranger")
                .expectNoStackTrace();

        assertThat(Workspace.query(target, STATE)).isEqualTo(before);
    }

    @Test
    void aSecondRunIsRefusedAndTheFirstGoesOn() throws SQLException {
        try (Sluice.Running first = workspace.startRun()) {
            first.await("the third row", () -> count() == 3);

            workspace.run("run").expectExitCode(8).expectNoStackTrace();
            workspace.executeOnSource("INSERT INTO items VALUES (4, 'four')");

            first.await("the fourth row", () -> count() == 4);
            first.terminate().expectExitCode(0);
        }
    }

    @Test
    void aSecondRunOnAnotherMachineIsRefusedByTheLease() throws IOException, SQLException {
        try (Sluice.Running first = workspace.startRun()) {
            first.await("the third row", () -> count() == 3);
            Path elsewhere = directory.resolve("elsewhere");

            Sluice.Ended second = workspace
                    .sluice()
                    .run("run", "-c", workspace.yaml().toString(), "--data-dir", elsewhere.toString());

            second.expectExitCode(8).expectNoStackTrace();
            assertThat(count()).isEqualTo(3);
            first.terminate().expectExitCode(0);
        }
    }

    private long count() throws SQLException {
        return Long.parseLong(
                Workspace.query(target, "SELECT count(*) FROM items").get(0));
    }

    private static void delete(Path directory) throws IOException {
        assertThat(directory).exists();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
