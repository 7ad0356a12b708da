package dev.sluice.cli.verify;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/**
 * A report's file: the old one stands there until the new one is complete. A symbolic link stays, and what it leads to is replaced; a device or a pipe is written to as it is.
 *
 * @param confidential whether nobody but its owner may read it
 */
record OutputFile(String option, Path path, boolean confidential) {
    private static final int MOST_LINKS = 40;

    /** Writes a report. */
    @FunctionalInterface
    interface Content {
        void write(Writer out) throws IOException;
    }

    /** @throws SluiceException of kind CONFIGURATION when the file could not be written now */
    void requireWritable() {
        try {
            if (Files.isDirectory(path)) {
                throw new IOException("it is a directory");
            }
            if (isWrittenDirectly()) {
                if (!Files.isWritable(path)) {
                    throw new IOException("it may not be written to");
                }
                return;
            }
            Path temporary = temporary(destination());
            Files.createFile(temporary);
            Files.delete(temporary);
        } catch (IOException e) {
            throw refused(e);
        }
    }

    void write(Content content) {
        try {
            if (isWrittenDirectly()) {
                // Appended, because it may be the file that the standard output goes to.
                write(new FileOutputStream(path.toFile(), true), content);
            } else {
                replace(destination(), content);
            }
        } catch (IOException e) {
            throw refused(e);
        }
    }

    /** Whether both would be written into one file. */
    boolean isSameAs(OutputFile other) {
        try {
            return destination().equals(other.destination());
        } catch (IOException e) {
            // Each is refused for itself.
            return false;
        }
    }

    private static void write(OutputStream stream, Content content) throws IOException {
        try (Writer out = new OutputStreamWriter(stream, StandardCharsets.UTF_8)) {
            content.write(out);
        }
    }

    private void replace(Path destination, Content content) throws IOException {
        Path temporary = temporary(destination);
        try {
            Files.createFile(temporary, attributes(temporary));
            write(Files.newOutputStream(temporary), content);
            Files.move(temporary, destination, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            delete(temporary);
        }
    }

    private FileAttribute<?>[] attributes(Path file) {
        boolean known = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        return confidential && known
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    /** What exists and is no regular file, and what the system gives names to, e.g. {@code /dev/stdout}. */
    private boolean isWrittenDirectly() {
        Path absolute = path.toAbsolutePath().normalize();
        return (Files.exists(path) && !Files.isRegularFile(path))
                || Set.of("/dev", "/proc").stream()
                        .anyMatch(system -> absolute.startsWith(system) && Files.exists(path));
    }

    private static void delete(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // What failed before that is what matters.
        }
    }

    /** Where links lead to, also where nothing stands there yet. */
    private Path destination() throws IOException {
        Path destination = path.toAbsolutePath().normalize();
        for (int links = 0; Files.isSymbolicLink(destination); links++) {
            if (links == MOST_LINKS) {
                throw new IOException("it is a symbolic link that leads nowhere");
            }
            destination = destination
                    .resolveSibling(Files.readSymbolicLink(destination))
                    .normalize();
        }
        Path directory = destination.getParent();
        Path name = destination.getFileName();
        return directory == null || name == null || !Files.exists(directory)
                ? destination
                : directory.toRealPath().resolve(name);
    }

    /** In the same directory, because only there a rename is one step. */
    private static Path temporary(Path destination) {
        return destination.resolveSibling("." + destination.getFileName() + "." + UUID.randomUUID() + ".part");
    }

    private SluiceException refused(IOException e) {
        return SluiceException.of(
                ErrorKind.CONFIGURATION,
                option + ": " + path + " cannot be written (" + e.getMessage()
                        + "); name a file in a directory that is there and may be written to",
                e);
    }
}
