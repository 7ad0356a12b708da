package dev.sluice.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The throw-away server of this JVM, and the removal of those whose JVM was killed. */
final class TemporaryPostgres {
    private static final Logger LOG = LoggerFactory.getLogger(TemporaryPostgres.class);
    private static final String PREFIX = "sluice-postgres-";

    private static @Nullable LocalPostgres server;

    private TemporaryPostgres() {}

    static synchronized LocalPostgres server() {
        LocalPostgres running = server;
        if (running == null) {
            removeAbandoned(Path.of(System.getProperty("java.io.tmpdir")));
            running = start();
            server = running;
        }
        return running;
    }

    private static LocalPostgres start() {
        try {
            Path home =
                    Files.createTempDirectory(PREFIX + ProcessHandle.current().pid() + "-");
            FileChannel owner = openOwner(home);
            owner.lock();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(home, owner), "temporary-postgres-end"));
            return LocalPostgres.start(home, Durability.TEST, true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileChannel openOwner(Path home) throws IOException {
        return FileChannel.open(home.resolve("owner"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    static void removeAbandoned(Path temporary) {
        try (DirectoryStream<Path> homes = Files.newDirectoryStream(temporary, PREFIX + "*-*")) {
            for (Path home : homes) {
                removeIfAbandoned(home);
            }
        } catch (IOException e) {
            LOG.debug("Abandoned servers under {} were not looked for", temporary, e);
        }
    }

    /** Asks for both, the process and the lock: a process of another container that shares /tmp is not seen here. */
    private static void removeIfAbandoned(Path home) {
        if (ProcessHandle.of(ownerPid(home)).isPresent()) {
            return;
        }
        try (FileChannel owner = openOwner(home)) {
            if (owner.tryLock() != null) {
                remove(home, owner);
            }
        } catch (IOException e) {
            LOG.debug("The temporary PostgreSQL in {} is somebody else's", home, e);
        }
    }

    private static long ownerPid(Path home) {
        String name = home.getFileName().toString();
        try {
            return Long.parseLong(name.substring(PREFIX.length(), name.indexOf('-', PREFIX.length())));
        } catch (NumberFormatException e) {
            return ProcessHandle.current().pid(); // Not made here: leave it alone.
        }
    }

    private static void remove(Path home, FileChannel owner) {
        try {
            PostgresCluster.in(home, Durability.TEST).stopLeftover();
            owner.close(); // Windows does not delete an open file.
            Disk.deleteTree(home);
        } catch (IOException | RuntimeException e) {
            LOG.debug("The temporary PostgreSQL in {} was not removed", home, e);
        }
    }
}
