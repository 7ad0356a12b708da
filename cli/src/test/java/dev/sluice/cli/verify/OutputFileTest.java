package dev.sluice.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OutputFileTest {
    @TempDir
    Path directory;

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    @Test
    void theOldFileStandsUntilTheNewOneIsComplete() throws IOException {
        Path path = Files.writeString(directory.resolve("report.json"), "old");
        OutputFile file = new OutputFile("--json", path, false);
        file.requireWritable();
        assertThat(path).hasContent("old");
        assertThatThrownBy(() -> file.write(out -> {
                    out.write("half");
                    out.flush();
                    throw new IOException("no space");
                }))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("--json: " + path + " cannot be written (no space)");
        assertThat(path).hasContent("old");
        file.write(out -> out.write("new"));
        assertThat(path).hasContent("new");
        assertThat(files()).containsExactly(path);
    }

    @Test
    void whereNothingCanBeWrittenIsSaidBefore() {
        assertThatThrownBy(() -> new OutputFile("--html", directory.resolve("no/such.html"), false).requireWritable())
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("--html: ")
                .hasMessageContaining("a directory that is there");
        assertThatThrownBy(() -> new OutputFile("--html", directory, false).requireWritable())
                .hasMessageContaining("it is a directory");
    }

    private static void write(Path path) {
        OutputFile file = new OutputFile("--json", path, false);
        file.requireWritable();
        file.write(out -> out.write("new"));
    }

    @Test
    void aSymbolicLinkStaysAndWhatItLeadsToIsReplaced() throws IOException {
        Path kept = Files.createDirectory(directory.resolve("kept"));
        Path old = Files.writeString(kept.resolve("old.json"), "old");
        Path link = Files.createSymbolicLink(directory.resolve("report.json"), Path.of("kept/old.json"));
        write(link);
        assertThat(link).isSymbolicLink();
        assertThat(old).hasContent("new");
        Path dangling = Files.createSymbolicLink(directory.resolve("next.json"), kept.resolve("next.json"));
        write(dangling);
        assertThat(dangling).isSymbolicLink();
        assertThat(kept.resolve("next.json")).hasContent("new");
        Path round = directory.resolve("round.json");
        Files.createSymbolicLink(round, round);
        assertThatThrownBy(() -> write(round)).hasMessageContaining("leads nowhere");
    }

    @Test
    void aDeviceStaysOne() throws IOException {
        Path device = Path.of("/dev/null");
        write(device);
        assertThat(Files.readAttributes(device, BasicFileAttributes.class).isOther())
                .isTrue();
        Path link = Files.createSymbolicLink(directory.resolve("nothing"), device);
        write(link);
        assertThat(link).isSymbolicLink();
        assertThat(Files.readAttributes(device, BasicFileAttributes.class).isOther())
                .isTrue();
    }

    @Test
    void onlyTheOwnerReadsWhatIsConfidential() throws IOException {
        Path path = Files.writeString(directory.resolve("report.json"), "old");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        new OutputFile("--json", path, true).write(out -> out.write("new"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    @Test
    void oneFileUnderTwoNamesIsNoticed() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("report"));
        OutputFile file = new OutputFile("--json", directory.resolve("x/../report"), false);
        assertThat(file.isSameAs(new OutputFile("--html", link, false))).isTrue();
        assertThat(file.isSameAs(new OutputFile("--html", directory.resolve("other"), false)))
                .isFalse();
    }
}
