package dev.sluice.embedded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * The append-only file of the schema registry: one line per entry, {@code <crc32c, 8 hex digits> <json>}.
 *
 * <p>An entry is on disk when {@link #append} returns. A last line without its end, or with the zero bytes that a power cut
 * leaves, was never acknowledged and is dropped. Anything else that does not fit is refused: going on without an
 * acknowledged schema would give its id to another one, and events would be decoded wrongly. Not thread-safe.
 */
final class RegistryLog implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int CRC_DIGITS = 8;

    private final Path file;
    private final FileChannel channel;
    private long end;
    private boolean broken;

    private RegistryLog(Path file, FileChannel channel, long end) {
        this.file = file;
        this.channel = channel;
        this.end = end;
    }

    /** Hands every entry to {@code replay} and stands ready for more. */
    static RegistryLog open(Path file, Consumer<RegistryEntry> replay) {
        try {
            byte[] content = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            int end = acknowledged(content);
            replay(file, content, end, replay);
            FileChannel channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    Disk.ownerOnly(file, "rw-------"));
            channel.truncate(end);
            RegistryLog log = new RegistryLog(file, channel, end);
            if (end == 0) {
                log.append(RegistryEntry.Header.CURRENT);
                Disk.syncDirectoryOf(file);
            }
            return log;
        } catch (IOException e) {
            throw Disk.failure("schema registry file", file, e);
        }
    }

    /** Where the torn tail begins, if there is one. */
    private static int acknowledged(byte[] content) {
        int end = lineEndBefore(content, content.length);
        int last = lineEndBefore(content, end - 1);
        for (int i = last; i < end; i++) {
            if (content[i] == 0) {
                return last;
            }
        }
        return end;
    }

    private static int lineEndBefore(byte[] content, int limit) {
        int end = Math.max(limit, 0);
        while (end > 0 && content[end - 1] != '\n') {
            end--;
        }
        return end;
    }

    private static void replay(Path file, byte[] content, int end, Consumer<RegistryEntry> replay) {
        int number = 1;
        for (int start = 0; start < end; number++) {
            int stop = start;
            while (content[stop] != '\n') {
                stop++;
            }
            try {
                accept(number, parse(Arrays.copyOfRange(content, start, stop)), replay);
            } catch (IOException | RuntimeException e) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "schema registry file %s, line %d: expected an entry as it was written, found %s; restore the file from a copy (without it the events in Kafka cannot be read)"
                                .formatted(file, number, e.getMessage()),
                        e);
            }
            start = stop + 1;
        }
    }

    private static void accept(int number, RegistryEntry entry, Consumer<RegistryEntry> replay) {
        if (number > 1) {
            replay.accept(entry);
        } else if (!entry.equals(RegistryEntry.Header.CURRENT)) {
            throw new IllegalArgumentException("the header of another format or version: " + entry);
        }
    }

    private static RegistryEntry parse(byte[] line) throws IOException {
        String text = new String(line, StandardCharsets.UTF_8);
        if (text.length() <= CRC_DIGITS || text.charAt(CRC_DIGITS) != ' ') {
            throw new IllegalArgumentException("no checksum");
        }
        String json = text.substring(CRC_DIGITS + 1);
        if (!checksum(json).equals(text.substring(0, CRC_DIGITS))) {
            throw new IllegalArgumentException("a wrong checksum");
        }
        return JSON.readValue(json, RegistryEntry.class);
    }

    private static String checksum(String json) {
        CRC32C crc = new CRC32C();
        crc.update(json.getBytes(StandardCharsets.UTF_8));
        return "%08x".formatted(crc.getValue());
    }

    /**
     * Makes the entry durable.
     *
     * @throws RegistryError when the disk refuses; the log then ends where it did before
     */
    void append(RegistryEntry entry) {
        if (broken) {
            throw RegistryError.store("an earlier write to " + file + " failed and could not be undone; start again");
        }
        try {
            String json = JSON.writeValueAsString(entry);
            byte[] line = (checksum(json) + " " + json + "\n").getBytes(StandardCharsets.UTF_8);
            write(line);
            channel.force(false);
            end += line.length;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an entry is always JSON", e);
        } catch (IOException e) {
            takeBack();
            throw RegistryError.store(
                    String.valueOf(Disk.failure("schema registry file", file, e).getMessage()));
        }
    }

    private void write(byte[] line) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(line);
        while (rest.hasRemaining()) {
            channel.write(rest, end + rest.position());
        }
    }

    private void takeBack() {
        try {
            channel.truncate(end);
            channel.force(false);
        } catch (IOException e) {
            broken = true;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw Disk.failure("schema registry file", file, e);
        }
    }
}
