package dev.sluice.embedded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The directory of {@code --data-dir}: what one pipeline keeps on this machine, used by one process at a time.
 *
 * <pre>
 * lock              held while a process uses the directory; its text names the process
 * sluice-data.json  format version, pipeline, time of creation
 * addresses.json    while running: where the embedded parts listen; readable by this user only
 * &lt;part&gt;/           one directory per part
 * </pre>
 *
 * <p>A directory of another pipeline, of an unknown format version or with anybody else's files is refused and stays as it
 * was.
 */
public final class DataDirectory implements AutoCloseable {
    private static final int FORMAT = 1;
    private static final String IDENTITY = "sluice-data.json";
    private static final String ADDRESSES = "addresses.json";
    /** What a first start that was killed early leaves. */
    private static final Set<String> UNFINISHED = Set.of("lock", IDENTITY + ".tmp");

    private static final JsonMapper JSON = new JsonMapper();

    private final Path path;
    private final String pipeline;
    private final DirectoryLock lock;

    private DataDirectory(Path path, String pipeline, DirectoryLock lock) {
        this.path = path;
        this.pipeline = pipeline;
        this.lock = lock;
    }

    /**
     * Takes the directory for this process, and makes it when it is not there.
     *
     * @throws SluiceException when it is in use, not ours, of another pipeline or version, or cannot be read or written
     */
    public static DataDirectory open(Path directory, String pipeline) {
        Path path = directory.toAbsolutePath().normalize();
        try {
            refuseForeign(path);
            refuseOther(path, pipeline);
            Disk.require("data directory", path);
            DirectoryLock lock = DirectoryLock.acquire(path).orElseThrow(() -> inUse(path));
            try {
                // Once more: another process may have made it for another pipeline just before the lock.
                refuseOther(path, pipeline);
                writeIdentityIfNew(path, pipeline);
                Files.deleteIfExists(path.resolve(ADDRESSES));
                return new DataDirectory(path, pipeline, lock);
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw Disk.failure("data directory", path, e);
        }
    }

    private static void refuseForeign(Path path) throws IOException {
        if (!Files.isDirectory(path) || Files.exists(path.resolve(IDENTITY))) {
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!UNFINISHED.contains(name) && !name.startsWith(Disk.PROBE)) {
                    throw SluiceException.of(
                            ErrorKind.REFUSED,
                            "data directory %s: expected an empty directory or one made by Sluice (with %s), found '%s'; name another directory with --data-dir"
                                    .formatted(path, IDENTITY, name));
                }
            }
        }
    }

    private static void refuseOther(Path path, String pipeline) throws IOException {
        Path file = path.resolve(IDENTITY);
        if (!Files.exists(file)) {
            return;
        }
        JsonNode identity = readIdentity(file);
        int format = identity.path("format").asInt(-1);
        if (format != FORMAT) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "data directory %s: expected format version %d, found %s in %s; use the Sluice that wrote it, or name another directory with --data-dir"
                            .formatted(path, FORMAT, identity.path("format"), IDENTITY));
        }
        String found = identity.path("pipeline").asText();
        if (!found.equals(pipeline)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "data directory %s: expected pipeline '%s', found pipeline '%s'; name another directory with --data-dir"
                            .formatted(path, pipeline, found));
        }
    }

    private static JsonNode readIdentity(Path file) throws IOException {
        try {
            return JSON.readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException e) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "%s is damaged: expected JSON, found %s; restore it, or name another directory with --data-dir"
                            .formatted(file, e.getOriginalMessage()),
                    e);
        }
    }

    private static void writeIdentityIfNew(Path path, String pipeline) throws IOException {
        Path file = path.resolve(IDENTITY);
        if (!Files.exists(file)) {
            Map<String, Object> identity = new LinkedHashMap<>();
            identity.put("format", FORMAT);
            identity.put("pipeline", pipeline);
            identity.put("created", Instant.now().toString());
            Disk.replace(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(identity));
        }
    }

    private static SluiceException inUse(Path path) {
        String holder;
        try {
            holder = DirectoryLock.holder(path)
                    .map(h -> "process " + h.pid() + ", started " + h.started())
                    .orElse("a process that is just ending");
        } catch (IOException e) {
            holder = "another process";
        }
        return SluiceException.of(
                ErrorKind.REFUSED,
                "data directory %s is in use by %s; stop that process, or name another directory with --data-dir"
                        .formatted(path, holder));
    }

    public Path path() {
        return path;
    }

    public String pipeline() {
        return pipeline;
    }

    /** The directory of one part, which now exists and only this user may read. */
    public Path subdirectory(String part) {
        Path directory = path.resolve(part);
        Disk.require("data directory", directory);
        return directory;
    }

    /** Lets other processes of this user find the parts; from now on until {@link #unpublish} or the end of the process. */
    public void publish(Addresses addresses) {
        Path file = path.resolve(ADDRESSES);
        try {
            Disk.replace(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(addresses));
        } catch (IOException e) {
            throw Disk.failure("file", file, e);
        }
    }

    /** Takes the addresses back. */
    public void unpublish() {
        Path file = path.resolve(ADDRESSES);
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw Disk.failure("file", file, e);
        }
    }

    /** The addresses of the process that uses the directory at this moment; nothing when there is none. Writes nothing. */
    public static Optional<Addresses> readAddresses(Path directory) {
        try {
            Optional<DirectoryLock.Holder> holder = DirectoryLock.holder(directory);
            Path file = directory.resolve(ADDRESSES);
            if (holder.isEmpty() || !Files.exists(file)) {
                return Optional.empty();
            }
            JsonNode json = JSON.readTree(Files.readString(file, StandardCharsets.UTF_8));
            long pid = json.path("pid").asLong();
            // A killed process leaves its addresses; its successor holds the lock a moment before it removes them.
            return pid == holder.get().pid() ? Optional.of(addresses(pid, json)) : Optional.empty();
        } catch (IOException e) {
            throw Disk.failure("data directory", directory, e);
        }
    }

    private static Addresses addresses(long pid, JsonNode json) {
        return new Addresses(
                pid, text(json, "bootstrapServers"), text(json, "jdbcUrl"), text(json, "schemaRegistryUrl"));
    }

    private static @Nullable String text(JsonNode json, String field) {
        return json.hasNonNull(field) ? json.get(field).asText() : null;
    }

    /** Gives the directory free for another process. */
    @Override
    public void close() {
        lock.close();
    }
}
