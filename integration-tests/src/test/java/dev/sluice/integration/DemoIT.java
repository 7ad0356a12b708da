package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice demo}. */
final class DemoIT {
    @TempDir
    private Path directory;

    @Test
    void theDemoEndsWithEveryRowEqualAndLeavesNothingBehind() throws IOException {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Sluice sluice = new Sluice(directory).withEnvironment("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary);

        Sluice.Ended ended = sluice.run("demo", "--rows", "3000", "--writes-per-second", "100", "--duration", "3s");

        ended.expectExitCode(0);
        assertThat(ended.out()).as(ended.toString()).contains("every row is equal", "ping_results", "lag");
        assertThat(entries(temporary, "sluice-demo")).isEmpty();
    }

    @Test
    void aGivenDirectoryIsKeptAndCanBeRunAgain() {
        Path kept = directory.resolve("kept");
        Sluice sluice = new Sluice(directory);

        sluice.run("demo", "--rows", "500", "--duration", "1s", "--data-dir", kept.toString())
                .expectExitCode(0);

        assertThat(kept.resolve("app.db")).exists();
        sluice.run(
                        "run",
                        "--until-caught-up",
                        "-c",
                        kept.resolve("sluice.yaml").toString(),
                        "--data-dir",
                        kept.resolve(".sluice").toString())
                .expectExitCode(0);
        sluice.run("demo", "--data-dir", kept.toString()).expectExitCode(2).expectMessage(kept.toString());
    }

    @Test
    void terminatedItEndsEveryProcessItStarted() throws IOException {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Sluice sluice = new Sluice(directory).withEnvironment("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary);
        try (Sluice.Running demo = sluice.start("demo", "--rows", "3000", "--duration", "10m")) {
            demo.await("changes that are followed", () -> demo.out().contains("following"));
            List<ProcessHandle> children = new ArrayList<>(demo.descendants());
            assertThat(children).as("the application").isNotEmpty();
            children.add(postmaster(entries(temporary, "sluice-demo").get(0)));

            Sluice.Ended ended = demo.terminate();

            // A process that has ended is seen for as long as its parent has not asked how.
            Await.until("their end", ended::toString, () -> children.stream().noneMatch(ProcessHandle::isAlive));
            assertThat(entries(temporary, "sluice-demo")).isEmpty();
        }
    }

    /** It is no child of ours: PostgreSQL's launcher starts it and ends. */
    private static ProcessHandle postmaster(Path demoDirectory) throws IOException {
        Path file = demoDirectory.resolve(".sluice/postgresql/data/postmaster.pid");
        return ProcessHandle.of(Long.parseLong(Files.readAllLines(file).get(0).strip()))
                .orElseThrow();
    }

    private static List<Path> entries(Path directory, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .toList();
        }
    }
}
