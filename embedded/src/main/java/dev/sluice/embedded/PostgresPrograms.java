package dev.sluice.embedded;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs {@code initdb} and {@code pg_ctl}.
 *
 * <p>PostgreSQL refuses to run as root. For root the programs run in a user namespace of their own ({@code unshare -U}):
 * there they see themselves as an ordinary user, while the files stay root's.
 */
final class PostgresPrograms {
    /** Longer than pg_ctl itself waits, which is for the recovery after a crash. */
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final PostgresBinaries binaries;
    private final Path output;
    private final List<String> prefix;

    private PostgresPrograms(PostgresBinaries binaries, Path output, List<String> prefix) {
        this.binaries = binaries;
        this.output = output;
        this.prefix = prefix;
    }

    /** The outcome of one program. */
    record Result(int exitCode, String output) {
        boolean succeeded() {
            return exitCode == 0;
        }
    }

    /** @param output where the programs' output goes; a pipe would stay open as long as the server they start */
    static PostgresPrograms of(PostgresBinaries binaries, Path output) {
        boolean root = "root".equals(System.getProperty("user.name"));
        PostgresPrograms programs =
                new PostgresPrograms(binaries, output, root ? List.of("unshare", "-U", "--") : List.of());
        if (root) {
            programs.requireNamespace();
        }
        return programs;
    }

    private void requireNamespace() {
        String problem;
        try {
            Result result = execute(List.of("unshare", "-U", "--", "true"));
            if (result.succeeded()) {
                return;
            }
            problem = result.output();
        } catch (IOException e) {
            problem = String.valueOf(e.getMessage());
        }
        throw SluiceException.of(
                ErrorKind.CONFIGURATION,
                "the embedded PostgreSQL does not run as root, and 'unshare -U' to be another user is refused here (%s); run Sluice as another user, or give the address of a PostgreSQL 15 or newer as target"
                        .formatted(problem.strip()));
    }

    Result run(String program, String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.add(binaries.program(program).toString());
        command.addAll(Arrays.asList(arguments));
        try {
            return execute(command);
        } catch (IOException e) {
            throw SluiceException.of(
                    ErrorKind.TARGET,
                    "the embedded PostgreSQL's %s cannot be run: %s. It needs glibc on Linux (not Alpine) and a cache directory that is not mounted noexec (SLUICE_CACHE_DIR)"
                            .formatted(binaries.program(program), e.getMessage()),
                    e);
        }
    }

    private Result execute(List<String> command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        // PGDATA, PGPORT and their like of the user's shell are about another server.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        process.getOutputStream().close();
        return new Result(await(process), Files.readString(output, StandardCharsets.ISO_8859_1));
    }

    private static int await(Process process) {
        try {
            if (process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
                return process.exitValue();
            }
            process.destroyForcibly();
            throw SluiceException.of(
                    ErrorKind.TARGET,
                    "the embedded PostgreSQL's %s did not end within %s; is the disk or the machine overloaded? Start again"
                            .formatted(process.info().command().orElse("program"), LONGEST));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            throw SluiceException.of(
                    ErrorKind.TARGET, "the embedded PostgreSQL was interrupted while it started or stopped", e);
        }
    }
}
