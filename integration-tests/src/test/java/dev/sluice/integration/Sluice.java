package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged {@code sluice} jar, run in processes of their own from one working directory. */
final class Sluice {
    private static final Path JAR = Path.of(System.getProperty("sluice.jar", "../cli/target/sluice.jar"))
            .toAbsolutePath()
            .normalize();

    private final Path directory;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private int started;

    Sluice(Path directory) {
        this.directory = directory;
        assertThat(JAR).as("the packaged command line; build module cli first").exists();
    }

    Sluice withEnvironment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Runs a command to its end. */
    Ended run(String... arguments) {
        return start(arguments).awaitEnd();
    }

    Running start(String... arguments) {
        started++;
        Path out = directory.resolve("out-" + started + ".txt");
        Path err = directory.resolve("err-" + started + ".txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-Dfile.encoding=UTF-8",
                "-jar",
                JAR.toString()));
        command.addAll(List.of(arguments));
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().put("MALLOC_ARENA_MAX", "2");
            builder.environment().putAll(environment);
            return new Running(String.join(" ", arguments), builder.start(), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a command left behind. */
    record Ended(String command, int exitCode, String out, String err) {
        Ended expectExitCode(int expected) {
            assertThat(exitCode).as(this::toString).isEqualTo(expected);
            return this;
        }

        /** A failure is said on standard error. */
        Ended expectMessage(String... parts) {
            assertThat(err).as(this::toString).contains(parts);
            return this;
        }

        /** A report, such as that of {@code check}, stands on standard output. */
        Ended expectReport(String... parts) {
            assertThat(out).as(this::toString).contains(parts);
            return this;
        }

        Ended expectNoStackTrace() {
            assertThat(err).as(this::toString).doesNotContain("\tat ");
            return this;
        }

        @Override
        public String toString() {
            return "sluice " + command + " ended with " + exitCode + "\n--- out\n" + out + "\n--- err\n" + err;
        }
    }

    /** A command that runs. */
    static final class Running implements AutoCloseable {
        private final String command;
        private final Process process;
        private final Path out;
        private final Path err;

        private Running(String command, Process process, Path out, Path err) {
            this.command = command;
            this.process = process;
            this.out = out;
            this.err = err;
        }

        void await(String what, Await.Condition condition) {
            Await.until(what, () -> outcome(-1).toString(), () -> {
                if (!process.isAlive()) {
                    throw new AssertionError("waiting for " + what + ": " + outcome(process.exitValue()));
                }
                return condition.holds();
            });
        }

        String out() {
            return read(out);
        }

        /** The processes that it started, and theirs. */
        List<ProcessHandle> descendants() {
            return process.descendants().toList();
        }

        /** As the kernel does it: nothing of the process runs any more. */
        void kill9() {
            process.destroyForcibly();
            process.onExit().join();
        }

        /** SIGTERM. */
        Ended terminate() {
            process.destroy();
            return awaitEnd();
        }

        /** Ends its standard input, which ends the demo's writer. */
        Ended closeInput() {
            try {
                process.getOutputStream().close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return awaitEnd();
        }

        Ended awaitEnd() {
            try {
                if (!process.waitFor(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("did not end: " + outcome(-1));
                }
                return outcome(process.exitValue());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            kill9();
        }

        private Ended outcome(int exitCode) {
            return new Ended(command, exitCode, read(out), read(err));
        }

        private static String read(Path file) {
            try {
                return Files.readString(file);
            } catch (IOException e) {
                return "(" + e + ")";
            }
        }
    }
}
