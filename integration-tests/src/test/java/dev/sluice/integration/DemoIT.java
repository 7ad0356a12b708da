package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
            List<ProcessHandle> children = demo.descendants();
            assertThat(children).as("application and PostgreSQL").hasSizeGreaterThan(1);

            demo.terminate();

            assertThat(children).noneMatch(ProcessHandle::isAlive);
            assertThat(entries(temporary, "sluice-demo")).isEmpty();
        }
    }

    private static List<Path> entries(Path directory, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .toList();
        }
    }
}
