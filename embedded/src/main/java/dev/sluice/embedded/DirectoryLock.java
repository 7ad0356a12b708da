package dev.sluice.embedded;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The exclusive lock of one process on a directory; the operating system releases it however the process ends.
 *
 * <p>POSIX drops a process's locks on a file when it closes <em>any</em> descriptor of that file, so a directory that this
 * process holds is remembered here and its lock file is never opened a second time.
 */
final class DirectoryLock implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Map<Path, DirectoryLock> HELD_HERE = new ConcurrentHashMap<>();

    /** One byte far behind the text: Windows lets nobody read a locked region. */
    private static final long LOCKED_BYTE = 1L << 40;

    private static final int ATTEMPTS = 6;

    private final Path directory;
    private final FileChannel channel;
    private final Holder holder;

    private DirectoryLock(Path directory, FileChannel channel, Holder holder) {
        this.directory = directory;
        this.channel = channel;
        this.holder = holder;
    }

    /** The process that holds a lock. */
    record Holder(long pid, String started) {
        static Holder thisProcess() {
            return new Holder(ProcessHandle.current().pid(), Instant.now().toString());
        }
    }

    /** The lock, or nothing when somebody has it. The directory exists. */
    static Optional<DirectoryLock> acquire(Path existing) throws IOException {
        Path directory = existing.toRealPath();
        synchronized (HELD_HERE) {
            if (HELD_HERE.containsKey(directory)) {
                return Optional.empty();
            }
            FileChannel channel = FileChannel.open(
                    file(directory),
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    Disk.ownerOnly(directory, "rw-------"));
            if (!tryLock(channel)) {
                channel.close();
                return Optional.empty();
            }
            DirectoryLock lock = new DirectoryLock(directory, channel, Holder.thisProcess());
            HELD_HERE.put(directory, lock);
            lock.writeHolder();
            return Optional.of(lock);
        }
    }

    /** Another process that only looks whether the lock is held has it for a moment; such a look must not refuse a start. */
    private static boolean tryLock(FileChannel channel) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (channel.tryLock(LOCKED_BYTE, 1, false) != null) {
                return true;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return false;
    }

    private void writeHolder() throws IOException {
        byte[] text = JSON.writeValueAsBytes(Map.of("pid", holder.pid(), "started", holder.started()));
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(text), 0);
    }

    /** Who holds the lock of this directory at this moment. */
    static Optional<Holder> holder(Path directory) throws IOException {
        if (!Files.exists(file(directory))) {
            return Optional.empty();
        }
        synchronized (HELD_HERE) {
            DirectoryLock own = HELD_HERE.get(directory.toRealPath());
            return own != null ? Optional.of(own.holder) : otherHolder(file(directory));
        }
    }

    private static Optional<Holder> otherHolder(Path file) throws IOException {
        try (FileChannel probe = FileChannel.open(file, StandardOpenOption.READ);
                FileLock free = probe.tryLock(LOCKED_BYTE, 1, true)) {
            if (free != null) {
                return Optional.empty();
            }
            JsonNode text = JSON.readTree(Files.readString(file, StandardCharsets.UTF_8));
            return Optional.of(
                    new Holder(text.path("pid").asLong(), text.path("started").asText()));
        }
    }

    static Path file(Path directory) {
        return directory.resolve("lock");
    }

    @Override
    public void close() {
        synchronized (HELD_HERE) {
            HELD_HERE.remove(directory, this);
            try {
                channel.close();
            } catch (IOException e) {
                throw Disk.failure("lock file", file(directory), e);
            }
        }
    }
}
