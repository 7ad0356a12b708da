package dev.sluice.streams;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * The name by which Kafka knows this member again after a restart, so that its partition waits for it instead of moving (44 s become 3 s).
 * Kept in the state directory: what owns the state owns the name.
 */
public final class InstanceId {
    static final String FILE = "group.instance.id";

    private InstanceId() {}

    /**
     * The name that a state directory owns; empty where nothing has run in it.
     *
     * @throws SluiceException of kind CONFIGURATION when it cannot be read
     */
    public static String of(Path stateDir) {
        Path file = stateDir.resolve(FILE);
        try {
            return Files.exists(file) ? Files.readString(file).trim() : "";
        } catch (IOException e) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "state directory " + stateDir + " cannot be read: " + e + "; change its permissions",
                    e);
        }
    }

    static String in(Path stateDir) {
        Path file = stateDir.resolve(FILE);
        try {
            Files.createDirectories(stateDir);
            if (!Files.exists(file) || Files.readString(file).isBlank()) {
                // Killed in between, a start finds the file whole or not at all.
                Path written = Files.createTempFile(stateDir, FILE, ".tmp");
                Files.writeString(written, UUID.randomUUID().toString());
                Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
            return Files.readString(file).trim();
        } catch (IOException e) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "state directory " + stateDir + " must be writable and is not: " + e.getMessage()
                            + "; change its permissions or choose another --data-dir",
                    e);
        }
    }
}
