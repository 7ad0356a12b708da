package dev.sluice.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DiskTest {
    @TempDir
    Path directory;

    @Test
    void a_new_directory_belongs_to_this_user_alone() throws IOException {
        Path made = directory.resolve("a/b");
        Disk.require("data directory", made);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                .isEqualTo("rwx------");
        assertThat(made).isEmptyDirectory();
    }

    @Test
    void a_file_in_the_way_is_named() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThatThrownBy(() -> Disk.require("data directory", file.resolve("below")))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("data directory " + file.resolve("below"))
                .hasMessageContaining("expected a directory");
    }

    @Test
    void a_nearly_full_disk_is_refused_with_what_was_found() {
        SluiceException refused = catchThrowableOfType(
                SluiceException.class, () -> Disk.requireSpace("data directory", directory, 5L << 20));
        assertThat(refused.kind()).isEqualTo(ErrorKind.CONFIGURATION);
        assertThat(refused).hasMessageContaining(directory.toString()).hasMessageContaining("found 5 MiB");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void a_disk_that_is_full_at_a_write_says_so() {
        Path full = Path.of("/dev/full");
        assertThatThrownBy(() -> Files.write(full, new byte[1]))
                .isInstanceOfSatisfying(
                        IOException.class,
                        e -> assertThat(Disk.failure("file", full, e))
                                .hasMessageContaining("file /dev/full: the disk is full"));
    }

    @Test
    void what_the_system_says_becomes_something_to_act_on() {
        assertThat(failure(new AccessDeniedException("/x/y")))
                .contains("user " + System.getProperty("user.name"))
                .contains("/x/y");
        assertThat(failure(new FileSystemException("/x", null, "Read-only file system")))
                .contains("read-only");
        assertThat(failure(new IOException("something else"))).contains("something else");
    }

    private String failure(IOException e) {
        return Disk.failure("data directory", directory, e).getMessage();
    }

    @Test
    void a_replaced_file_is_whole_and_private() throws IOException {
        Path file = directory.resolve("file");
        Files.writeString(directory.resolve("file.tmp"), "left by a crash");
        Disk.replace(file, new byte[] {1});
        Disk.replace(file, new byte[] {1, 2});
        assertThat(file).hasBinaryContent(new byte[] {1, 2});
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(directory.resolve("file.tmp")).doesNotExist();
    }
}
