package dev.sluice.embedded;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The server process that {@code postmaster.pid} of a data directory names.
 *
 * <p>The file alone proves nothing: after a crash it stays, and the process id may since belong to any program, in a
 * container even likely.
 */
record Postmaster(Path data, long pid, Instant started) {
    private static final Duration START_TOLERANCE = Duration.ofSeconds(5);

    static Optional<Postmaster> recorded(Path data) {
        try {
            Path file = data.resolve("postmaster.pid");
            if (!Files.exists(file)) {
                return Optional.empty();
            }
            List<String> lines = Files.readAllLines(file);
            long pid = Long.parseLong(lines.get(0).strip());
            return Optional.of(new Postmaster(
                    data, pid, Instant.ofEpochSecond(Long.parseLong(lines.get(2).strip()))));
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            return Optional.empty(); // Half written by a server that crashed; PostgreSQL replaces it.
        } catch (IOException e) {
            throw Disk.failure("PostgreSQL data directory", data, e);
        }
    }

    /** Whether a server of exactly this data directory runs under this process id. */
    boolean isAlive() {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .filter(this::isOurs)
                .isPresent();
    }

    private boolean isOurs(ProcessHandle process) {
        boolean postgres = process.info()
                .command()
                .map(command -> Path.of(command).getFileName().toString().startsWith("postgres"))
                .orElse(false);
        return postgres && (Files.isDirectory(Path.of("/proc/self")) ? worksIn(data) : startedThen(process));
    }

    /** A server's working directory is its data directory; Linux shows it. */
    private boolean worksIn(Path directory) {
        try {
            return Files.isSameFile(Path.of("/proc", Long.toString(pid), "cwd"), directory);
        } catch (IOException e) {
            if (!ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)) {
                return false;
            }
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "PostgreSQL data directory %s: process %d is a PostgreSQL and may be using it, but this user cannot see whether it is; stop that process and start again"
                            .formatted(data, pid),
                    e);
        }
    }

    private boolean startedThen(ProcessHandle process) {
        return process.info()
                .startInstant()
                .map(instant -> Duration.between(instant, started).abs().compareTo(START_TOLERANCE) <= 0)
                .orElse(false);
    }
}
