package dev.sluice.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresBinariesTest {
    @TempDir
    Path cache;

    @Test
    void programs_are_unpacked_once() throws IOException {
        Path first = PostgresBinaries.unpacked(cache).program("pg_ctl");
        assertThat(first).isExecutable();
        Object identity = Files.readAttributes(first, "*").get("fileKey");

        Path second = PostgresBinaries.unpacked(cache).program("pg_ctl");

        assertThat(second).isEqualTo(first);
        assertThat(Files.readAttributes(second, "*").get("fileKey")).isEqualTo(identity);
        try (Stream<Path> left = Files.list(cache)) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    void the_cache_is_where_the_environment_says() {
        Path home = Path.of(System.getProperty("user.home"));
        assertThat(PostgresBinaries.cacheDirectory(Map.of("SLUICE_CACHE_DIR", "/a", "XDG_CACHE_HOME", "/b")))
                .isEqualTo(Path.of("/a"));
        assertThat(PostgresBinaries.cacheDirectory(Map.of("SLUICE_CACHE_DIR", " ", "XDG_CACHE_HOME", "/b")))
                .isEqualTo(Path.of("/b/sluice"));
        assertThat(PostgresBinaries.cacheDirectory(Map.of())).isEqualTo(home.resolve(".cache/sluice"));
    }
}
