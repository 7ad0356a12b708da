package dev.sluice.embedded;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Directories and small files that only this user may read, and what goes wrong with them in words to act on. */
final class Disk {
    /** Below this the broker and PostgreSQL would stop within moments of their start. */
    private static final long NEEDED_BYTES = 64L << 20;

    /** Begins the names of files that are there for a moment to see whether a directory can be written. */
    static final String PROBE = ".writable";

    private Disk() {}

    /**
     * Creates the directory, for this user alone, unless it is there.
     *
     * @throws SluiceException when it cannot be created, read or written, or its disk is all but full
     */
    static void require(String what, Path directory) {
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(directory, ownerOnly(directory, "rwx------"));
            }
            requireAccess(directory);
            requireSpace(what, directory, Files.getFileStore(directory).getUsableSpace());
        } catch (IOException e) {
            throw failure(what, directory, e);
        }
    }

    /** By trying: permissions alone do not tell of a file system that is read-only. */
    private static void requireAccess(Path directory) throws IOException {
        try {
            Files.delete(Files.createTempFile(directory, PROBE, null));
        } catch (AccessDeniedException e) {
            throw new AccessDeniedException(directory.toString());
        }
        if (!Files.isReadable(directory)) {
            throw new AccessDeniedException(directory.toString());
        }
    }

    static void requireSpace(String what, Path directory, long usableBytes) {
        if (usableBytes < NEEDED_BYTES) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "%s %s: the disk is full: expected at least %d MiB free, found %d MiB; free some space and start again"
                            .formatted(what, directory, NEEDED_BYTES >> 20, usableBytes >> 20));
        }
    }

    /** Replaces the file, readable by this user only: after a crash it has its old content or all of the new. */
    static void replace(Path file, byte[] content) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".tmp");
        Files.deleteIfExists(fresh);
        try (FileChannel channel = FileChannel.open(
                fresh, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly(file, "rw-------"))) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        syncDirectoryOf(file);
    }

    /** A created or renamed file survives a power cut only when its directory has been written too. */
    static void syncDirectoryOf(Path file) throws IOException {
        if (!isPosix(file)) {
            return; // Windows cannot open a directory for this and does not need it.
        }
        try (FileChannel channel =
                FileChannel.open(file.toAbsolutePath().resolveSibling(""), StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** The failure to report for what the file system said about {@code path}. */
    static SluiceException failure(String what, Path path, IOException e) {
        String message = "%s %s: %s".formatted(what, path, explain(e));
        return SluiceException.of(ErrorKind.CONFIGURATION, message, e);
    }

    private static String explain(IOException e) {
        String text = String.valueOf(e instanceof FileSystemException f && f.getReason() != null ? f.getReason() : e);
        String where = e instanceof FileSystemException f && f.getFile() != null ? f.getFile() : "it";
        if (text.contains("No space left") || text.contains("not enough space") || text.contains("quota")) {
            return "the disk is full (" + text + "); free some space and start again";
        }
        if (text.contains("Read-only file system")) {
            return "the file system is read-only; name a directory that can be written, e.g. with --data-dir";
        }
        if (e instanceof AccessDeniedException || text.contains("Permission denied")) {
            return "user %s may not read and write %s; change its owner or permissions, or name another directory"
                    .formatted(System.getProperty("user.name"), where);
        }
        if (e instanceof FileAlreadyExistsException
                || e instanceof NotDirectoryException
                || text.contains("Not a directory")) {
            return "expected a directory, but " + where + " is not one; move it away or name another directory";
        }
        if (e instanceof NoSuchFileException) {
            return where + " is not there; check the path";
        }
        return text;
    }

    static FileAttribute<?>[] ownerOnly(Path near, String permissions) {
        return isPosix(near)
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    private static boolean isPosix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }
}
