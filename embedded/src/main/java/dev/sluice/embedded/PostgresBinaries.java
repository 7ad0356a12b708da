package dev.sluice.embedded;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * The bundled PostgreSQL programs, unpacked once per user and release into a cache directory.
 *
 * <p>The cache is {@code $SLUICE_CACHE_DIR}, else {@code $XDG_CACHE_HOME/sluice}, else {@code ~/.cache/sluice}. Processes
 * that unpack at the same time do not disturb each other: each unpacks aside and the first one's rename counts.
 */
final class PostgresBinaries {
    private static final Map<String, String> MACHINES =
            Map.of("amd64", "x86_64", "x86_64", "x86_64", "aarch64", "arm_64", "arm64", "arm_64");

    private final Path home;

    private PostgresBinaries(Path home) {
        this.home = home;
    }

    static PostgresBinaries unpacked() {
        return unpacked(cacheDirectory(System.getenv()));
    }

    static PostgresBinaries unpacked(Path cache) {
        URL archive = archive();
        Disk.require("cache directory for the PostgreSQL programs", cache);
        try {
            URLConnection connection = archive.openConnection();
            Path home = cache.resolve("postgresql-" + platform() + "-" + connection.getContentLengthLong());
            if (!Files.isDirectory(home)) {
                unpack(connection, cache, home);
            }
            return new PostgresBinaries(home);
        } catch (IOException e) {
            throw Disk.failure("cache directory for the PostgreSQL programs", cache, e);
        }
    }

    Path program(String name) {
        return home.resolve("bin").resolve(isWindows() ? name + ".exe" : name);
    }

    static Path cacheDirectory(Map<String, String> environment) {
        return setting(environment, "SLUICE_CACHE_DIR")
                .or(() -> setting(environment, "XDG_CACHE_HOME").map(cache -> cache.resolve("sluice")))
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "sluice"))
                .toAbsolutePath();
    }

    private static Optional<Path> setting(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name))
                .filter(value -> !value.isBlank())
                .map(Path::of);
    }

    private static URL archive() {
        @Nullable URL archive = PostgresBinaries.class.getResource("/postgres-" + platform() + ".txz");
        if (archive == null) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "no embedded PostgreSQL for %s is bundled; expected Linux, macOS or Windows on x86-64, or Linux or macOS on ARM-64. Give the address of a PostgreSQL 15 or newer as target"
                            .formatted(platform()));
        }
        return archive;
    }

    private static String platform() {
        String machine = System.getProperty("os.arch");
        return system() + "-" + MACHINES.getOrDefault(machine, machine);
    }

    private static String system() {
        String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (name.startsWith("windows")) {
            return "windows";
        }
        return name.startsWith("mac") ? "darwin" : name;
    }

    static boolean isWindows() {
        return system().equals("windows");
    }

    private static void unpack(URLConnection archive, Path cache, Path home) throws IOException {
        Path aside = Files.createTempDirectory(cache, "unpacking-", Disk.ownerOnly(cache, "rwx------"));
        try {
            try (InputStream compressed = new BufferedInputStream(archive.getInputStream());
                    TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(compressed))) {
                extract(tar, aside);
            }
            moveUnlessThere(aside, home);
        } finally {
            Disk.deleteTree(aside);
        }
    }

    private static void extract(TarArchiveInputStream tar, Path into) throws IOException {
        for (@Nullable TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path path = into.resolve(entry.getName()).normalize();
            if (!path.startsWith(into)) {
                throw new IOException("the bundled archive names a file outside of itself: " + entry.getName());
            }
            if (entry.isDirectory()) {
                Files.createDirectories(path);
                continue;
            }
            Path parent = path.resolveSibling("");
            Files.createDirectories(parent);
            if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            } else {
                Files.copy(tar, path);
                if (parent.endsWith("bin") && !path.toFile().setExecutable(true)) {
                    throw new IOException("cannot be made executable: " + path);
                }
            }
        }
    }

    private static void moveUnlessThere(Path aside, Path home) throws IOException {
        try {
            Files.move(aside, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (!Files.isDirectory(home)) {
                throw e;
            }
        }
    }
}
