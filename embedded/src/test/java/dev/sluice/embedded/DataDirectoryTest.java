package dev.sluice.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    private static final Addresses ADDRESSES = new Addresses(
            ProcessHandle.current().pid(), "127.0.0.1:9", "jdbc:postgresql://127.0.0.1:8/sluice?password=x", null);

    @TempDir
    Path parent;

    private Path directory;

    @BeforeEach
    void choose() {
        directory = parent.resolve(".sluice");
    }

    @Test
    void a_new_directory_is_made_and_taken_again_later() throws IOException {
        DataDirectory.open(directory, "shop").close();
        String identity = Files.readString(directory.resolve("sluice-data.json"));
        try (DataDirectory again = DataDirectory.open(directory, "shop")) {
            assertThat(again.pipeline()).isEqualTo("shop");
            assertThat(again.subdirectory("kafka"))
                    .isEqualTo(directory.resolve("kafka"))
                    .isDirectory();
        }
        assertThat(directory.resolve("sluice-data.json")).hasContent(identity);
        assertThat(identity).contains("\"format\" : 1", "\"pipeline\" : \"shop\"", "\"created\"");
    }

    @Test
    void an_empty_directory_of_the_user_is_taken() throws IOException {
        Files.createDirectory(directory);
        DataDirectory.open(directory, "shop").close();
        assertThat(directory.resolve("sluice-data.json")).exists();
    }

    @Test
    void a_first_start_that_was_killed_early_starts_again() throws IOException {
        Files.createDirectory(directory);
        Files.writeString(directory.resolve("lock"), "");
        Files.writeString(directory.resolve("sluice-data.json.tmp"), "{");
        DataDirectory.open(directory, "shop").close();
        assertThat(directory.resolve("sluice-data.json")).exists();
    }

    @Test
    void a_directory_of_another_pipeline_is_refused_and_left_alone() throws IOException {
        DataDirectory.open(directory, "shop").close();
        List<String> before = content();
        SluiceException refused = refused("bank");
        assertThat(refused.kind()).isEqualTo(ErrorKind.REFUSED);
        assertThat(refused)
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("expected pipeline 'bank', found pipeline 'shop'");
        assertThat(content()).isEqualTo(before);
    }

    @Test
    void a_directory_of_an_unknown_format_is_refused_and_left_alone() throws IOException {
        Files.createDirectory(directory);
        Files.writeString(directory.resolve("sluice-data.json"), "{\"format\": 9, \"pipeline\": \"shop\"}");
        assertThat(refused("shop")).hasMessageContaining("expected format version 1, found 9");
        assertThat(content()).hasSize(1);
    }

    @Test
    void a_damaged_identity_is_refused_by_name() throws IOException {
        Files.createDirectory(directory);
        Files.writeString(directory.resolve("sluice-data.json"), "{\"form");
        assertThat(refused("shop")).hasMessageContaining("sluice-data.json is damaged");
    }

    @Test
    void somebody_elses_files_are_refused_and_left_alone() throws IOException {
        Files.createDirectory(directory);
        Files.writeString(directory.resolve("thesis.txt"), "mine");
        SluiceException refused = refused("shop");
        assertThat(refused.kind()).isEqualTo(ErrorKind.REFUSED);
        assertThat(refused).hasMessageContaining("found 'thesis.txt'");
        assertThat(content()).hasSize(1);
    }

    @Test
    void a_file_in_place_of_the_directory_is_named() throws IOException {
        Files.writeString(directory, "");
        assertThat(refused("shop")).hasMessageContaining("expected a directory");
    }

    @Test
    void a_second_opening_in_the_same_process_is_refused_and_keeps_the_lock() throws Exception {
        try (DataDirectory open = DataDirectory.open(directory, "shop")) {
            assertThat(refused("shop")).hasMessageContaining("in use by process " + ADDRESSES.pid());
            open.publish(ADDRESSES);
            assertThat(DataDirectory.readAddresses(directory)).contains(ADDRESSES);
            try (ChildJvm child = ChildJvm.start(Child.class, directory.toString())) {
                assertThat(child.line()).contains("in use by process " + ADDRESSES.pid());
            }
        }
        assertThat(DataDirectory.readAddresses(directory)).isEmpty();
        DataDirectory.open(directory, "shop").close();
    }

    @Test
    void another_process_is_named_while_it_lives_and_its_addresses_count_only_then() throws Exception {
        try (ChildJvm child = ChildJvm.start(Child.class, directory.toString())) {
            assertThat(child.line()).isEqualTo("open");
            SluiceException refused = refused("shop");
            assertThat(refused.kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(refused).hasMessageContaining("in use by process " + child.pid() + ", started 20");
            assertThat(DataDirectory.readAddresses(directory))
                    .hasValueSatisfying(
                            found -> assertThat(found.bootstrapServers()).isEqualTo("127.0.0.1:9"));
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(directory.resolve("addresses.json"))))
                    .isEqualTo("rw-------");
        }
        assertThat(directory.resolve("addresses.json")).exists();
        assertThat(DataDirectory.readAddresses(directory)).isEmpty();
        try (DataDirectory open = DataDirectory.open(directory, "shop")) {
            assertThat(open.path().resolve("addresses.json")).doesNotExist();
        }
    }

    /** Opens the directory, publishes, and waits to be killed; or says why not. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws Exception {
            try (DataDirectory open = DataDirectory.open(Path.of(arguments[0]), "shop")) {
                open.publish(new Addresses(ProcessHandle.current().pid(), "127.0.0.1:9", null, null));
                System.out.println("open");
                Thread.sleep(TimeUnit.MINUTES.toMillis(5));
            } catch (SluiceException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void addresses_of_a_directory_that_was_never_used_are_none() {
        assertThat(DataDirectory.readAddresses(directory)).isEmpty();
        assertThat(directory).doesNotExist();
    }

    @Test
    void addresses_do_not_show_the_password() {
        assertThat(ADDRESSES.toString()).contains("127.0.0.1:8/sluice").doesNotContain("password");
    }

    private SluiceException refused(String pipeline) {
        return catchThrowableOfType(
                SluiceException.class,
                () -> DataDirectory.open(directory, pipeline).close());
    }

    private List<String> content() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().map(DataDirectoryTest::nameAndText).toList();
        }
    }

    private static String nameAndText(Path file) {
        try {
            return file.getFileName() + ": " + Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
