package dev.sluice.streams;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * The name by which Kafka knows this member again after a restart, so that its partition waits for it instead of moving (44 s become 3 s).
 * Kept in the state directory: what owns the state owns the name.
 */
final class InstanceId {
    static final String FILE = "group.instance.id";

    private InstanceId() {}

    static String in(Path stateDir) {
        Path file = stateDir.resolve(FILE);
        try {
            Files.createDirectories(stateDir);
            try {
                Files.writeString(file, UUID.randomUUID().toString(), StandardOpenOption.CREATE_NEW);
            } catch (FileAlreadyExistsException e) {
                // The usual case: every start but the first.
            }
            String id = Files.readString(file).trim();
            if (id.isEmpty()) {
                throw SluiceException.of(
                        ErrorKind.CONFIGURATION,
                        "file " + file
                                + " should name this member of the lane's group and is empty; delete it and start again");
            }
            return id;
        } catch (IOException e) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "state directory " + stateDir + " must be writable and is not: " + e.getMessage()
                            + "; change its permissions or choose another --data-dir",
                    e);
        }
    }
}
