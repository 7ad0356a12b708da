package dev.sluice.cli;

import dev.sluice.cli.config.Configuration;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What every command about one pipeline understands. */
@SuppressWarnings("NullAway.Init") // picocli fills the fields in
public final class ConfigurationOptions {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            defaultValue = "sluice.yaml",
            description = "The pipeline's configuration (default: ${DEFAULT-VALUE}).")
    private Path file;

    @Option(
            names = "--data-dir",
            paramLabel = "DIRECTORY",
            defaultValue = ".sluice",
            description = "What the pipeline keeps on this machine (default: ${DEFAULT-VALUE}).")
    private Path dataDirectory;

    /** @throws dev.sluice.runtime.SluiceException with every problem of the file */
    public Configuration load() {
        return Configuration.load(file);
    }

    public Path file() {
        return file;
    }

    public Path dataDirectory() {
        return dataDirectory.toAbsolutePath().normalize();
    }
}
