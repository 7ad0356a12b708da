package dev.sluice.cli;

import dev.sluice.producers.api.SourceConnector;
import java.nio.file.Path;

/** The kinds of source that this version has. */
public final class Sources {
    private Sources() {}

    public static SourceConnector sqlite(Path file) {
        throw new UnsupportedOperationException(file.toString());
    }
}
