package dev.sluice.embedded;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One PostgreSQL data directory and the server on it, from {@code initdb} to {@code pg_ctl stop}.
 *
 * <p>Beside {@code data} stand {@code server.log} and {@code command.log}, the output of the last program.
 */
record PostgresCluster(Path home, Durability durability, PostgresPrograms programs) {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresCluster.class);
    private static final int START_ATTEMPTS = 4;
    private static final long LOG_ROTATION_BYTES = 8L << 20;
    private static final int SHOWN_LOG_CHARS = 2_000;

    static PostgresCluster in(Path home, Durability durability) {
        PostgresPrograms programs = PostgresPrograms.of(PostgresBinaries.unpacked(), home.resolve("command.log"));
        return new PostgresCluster(home, durability, programs);
    }

    Path data() {
        return home.resolve("data");
    }

    private Path serverLog() {
        return home.resolve("server.log");
    }

    /** Runs {@code initdb} aside and renames, so that a data directory is either whole or not there. */
    void initialise(Path passwordFile) {
        if (Files.exists(data())) {
            return;
        }
        Path aside = home.resolve("data.new");
        try {
            Disk.deleteTree(aside);
            PostgresPrograms.Result result = initdb(aside, passwordFile);
            if (!result.succeeded()) {
                throw failure("could not be initialised", result.output());
            }
            Files.move(aside, data(), StandardCopyOption.ATOMIC_MOVE);
            Disk.syncDirectoryOf(data());
        } catch (IOException e) {
            throw Disk.failure("PostgreSQL directory", home, e);
        }
    }

    private PostgresPrograms.Result initdb(Path into, Path passwordFile) {
        return programs.run(
                "initdb",
                "--pgdata=" + into,
                "--username=postgres",
                "--auth=scram-sha-256",
                "--pwfile=" + passwordFile,
                "--encoding=UTF8",
                // The same order of text on every operating system, whatever locales it has.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                durability == Durability.TEST ? "--no-sync" : "--sync-method=fsync");
    }

    /** Stops the server that a killed process left on this directory, or removes the trace of one that is gone. */
    void stopLeftover() {
        Postmaster.recorded(data()).ifPresent(found -> {
            if (found.isAlive()) {
                LOG.info("Stopping the PostgreSQL server {} that was left running on {}", found.pid(), data());
                stop();
            } else {
                removeIfReused(found);
            }
        });
    }

    /** PostgreSQL itself only looks whether the process exists, and would refuse to start because of a stranger. */
    private void removeIfReused(Postmaster gone) {
        if (ProcessHandle.of(gone.pid()).isEmpty()) {
            return;
        }
        try {
            Files.deleteIfExists(data().resolve("postmaster.pid"));
        } catch (IOException e) {
            throw Disk.failure("PostgreSQL data directory", data(), e);
        }
    }

    /** Starts on a free port, and returns it. */
    int start() {
        try {
            rotateLog();
            for (int attempt = 1; ; attempt++) {
                long logStart = Files.exists(serverLog()) ? Files.size(serverLog()) : 0;
                int port = Loopback.freePort();
                Disk.replace(
                        data().resolve("postgresql.conf"),
                        PostgresSettings.of(port, durability).getBytes(StandardCharsets.UTF_8));
                PostgresPrograms.Result result = pgCtl("start", "--log=" + serverLog());
                if (result.succeeded()) {
                    return port;
                }
                String log = logSince(logStart);
                if (attempt == START_ATTEMPTS || !passes(log)) {
                    throw failure("did not start", log.isBlank() ? result.output() : log);
                }
                pause(attempt);
            }
        } catch (IOException e) {
            throw Disk.failure("PostgreSQL directory", home, e);
        }
    }

    /** A port that somebody else took meanwhile, or sessions of a killed server that are still on their way out. */
    private static boolean passes(String log) {
        return log.contains("could not bind") || log.contains("pre-existing shared memory block");
    }

    private static void pause(int attempt) {
        try {
            TimeUnit.MILLISECONDS.sleep(200L * attempt);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private PostgresPrograms.Result pgCtl(String action, String option) {
        return programs.run("pg_ctl", action, "--pgdata=" + data(), option, "--wait", "--timeout=240", "--silent");
    }

    /** Ends open transactions, waits until the server is gone; a server that is not there is fine. */
    void stop() {
        PostgresPrograms.Result result = pgCtl("stop", "--mode=fast");
        if (!result.succeeded() && isRunning()) {
            result = pgCtl("stop", "--mode=immediate");
        }
        if (!result.succeeded() && isRunning()) {
            throw failure("did not stop", result.output());
        }
    }

    private boolean isRunning() {
        return Postmaster.recorded(data()).filter(Postmaster::isAlive).isPresent();
    }

    private void rotateLog() throws IOException {
        if (Files.exists(serverLog()) && Files.size(serverLog()) > LOG_ROTATION_BYTES) {
            Files.move(serverLog(), home.resolve("server.log.1"), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private String logSince(long start) throws IOException {
        if (!Files.exists(serverLog())) {
            return "";
        }
        byte[] log = Files.readAllBytes(serverLog());
        int from = (int) Math.max(Math.min(start, log.length), log.length - (long) SHOWN_LOG_CHARS);
        return new String(log, from, log.length - from, StandardCharsets.UTF_8);
    }

    private SluiceException failure(String what, String output) {
        String hint =
                output.contains("No space left on device") ? "The disk is full; free some space and start again. " : "";
        return SluiceException.of(
                ErrorKind.TARGET,
                "the embedded PostgreSQL in %s %s. %sIts last words (more in %s):%n%s"
                        .formatted(home, what, hint, serverLog(), output.strip()));
    }
}
