package dev.sluice.cli.stations;

import dev.sluice.embedded.DataDirectory;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** The incarnation that a data directory belongs to. The file is replaced as a whole, so it is never half written. */
public final class PipelineIdFile {
    private static final String NAME = "pipeline-id";

    private final Path file;

    private PipelineIdFile(Path file) {
        this.file = file;
    }

    public static PipelineIdFile in(DataDirectory directory) {
        return in(directory.path());
    }

    public static PipelineIdFile in(Path directory) {
        return new PipelineIdFile(directory.resolve(NAME));
    }

    public Optional<String> read() {
        try {
            return Optional.of(Files.readString(file).strip());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failure("read", e);
        }
    }

    public void write(String pipelineId) {
        try {
            Path aside = file.resolveSibling(NAME + ".new");
            Files.writeString(aside, pipelineId + "\n");
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failure("written", e);
        }
    }

    public void delete() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failure("deleted", e);
        }
    }

    private SluiceException failure(String what, IOException e) {
        return SluiceException.of(
                ErrorKind.CONFIGURATION, file + " cannot be " + what + ": " + e + "; check the data directory", e);
    }
}
