package dev.sluice.cli.stations;

import dev.sluice.embedded.DataDirectory;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Where the topology keeps its stores: one directory per incarnation, so that no state outlives the log it was made from. */
public final class StreamsState {
    private static final String PART = "streams";

    private final DataDirectory directory;

    private StreamsState(DataDirectory directory) {
        this.directory = directory;
    }

    public static StreamsState in(DataDirectory directory) {
        return new StreamsState(directory);
    }

    /** Made if it is not there. */
    public Path of(String pipelineId) {
        return directory.subdirectory(PART).resolve(pipelineId);
    }

    public void delete() {
        Path root = directory.path().resolve(PART);
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> walk = Files.walk(root)) {
            List<Path> deepestFirst = walk.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "directory " + root + " cannot be deleted: " + e + "; delete it by hand",
                    e);
        }
    }
}
