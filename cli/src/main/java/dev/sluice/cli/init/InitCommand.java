package dev.sluice.cli.init;

import dev.sluice.cli.CommonOptions;
import dev.sluice.cli.Sources;
import dev.sluice.cli.config.SourceSettings;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice init}. Reads the source and writes two files; nothing else is touched. */
@Command(name = "init", description = "Read a source and write a configuration and proposed PostgreSQL tables for it.")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli fills the fields in
public final class InitCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Option(names = "--source", required = true, paramLabel = "sqlite:PATH", description = "The store to move.")
    private String source;

    @Option(
            names = "--target",
            paramLabel = "JDBC-URL",
            description = "The PostgreSQL to move it to; without it one is started inside Sluice.")
    private @Nullable String target;

    @Option(names = "-o", paramLabel = "FILE", defaultValue = "sluice.yaml", description = "Default: ${DEFAULT-VALUE}.")
    private Path output;

    @Option(
            names = "--ddl",
            paramLabel = "FILE",
            description = "Where the proposed tables go (default: schema.sql beside the configuration).")
    private @Nullable Path ddl;

    @Option(names = "--force", description = "Replace files that exist.")
    private boolean force;

    @Override
    public Integer call() {
        Path file = path();
        Path directory = directory(output);
        Path ddlFile = ddl == null
                ? directory.resolve("schema.sql")
                : ddl.toAbsolutePath().normalize();
        refusePassword();
        refuseExisting(output);
        refuseExisting(ddlFile);
        Proposals proposals = Proposals.read(Sources.sqlite(file));
        if (proposals.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "source " + file + " has no tables, so there is nothing to move; is it the right file?");
        }
        write(ddlFile, DdlWriter.write(proposals, file.getFileName().toString()));
        write(
                output,
                ConfigurationWriter.write(
                        proposals,
                        pipelineName(file),
                        SourceSettings.SQLITE + relative(directory, file),
                        Optional.ofNullable(target),
                        relative(directory, ddlFile),
                        target == null || ddl != null));
        report(proposals, ddlFile);
        return 0;
    }

    private Path path() {
        try {
            return SourceSettings.parse(source).toAbsolutePath().normalize();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(), "--source: " + e.getMessage() + ", found '" + source + "'", e);
        }
    }

    /** The file would hold it for everybody to read. */
    private void refusePassword() {
        if (target != null && (!target.startsWith("jdbc:postgresql:") || target.contains("password="))) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--target: expected jdbc:postgresql://host:port/database without a password; that goes into the environment,"
                            + " see target.password in the written file");
        }
    }

    private void refuseExisting(Path file) {
        if (!force && Files.exists(file)) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    file + " exists already and is left as it is; choose another file or add --force");
        }
    }

    private static Path directory(Path file) {
        Path parent = file.toAbsolutePath().normalize().getParent();
        return parent == null ? Path.of("/") : parent;
    }

    /** As it should stand in a file of that directory: relative when it lies below it. */
    private static String relative(Path directory, Path file) {
        return file.startsWith(directory) ? directory.relativize(file).toString() : file.toString();
    }

    static String pipelineName(Path file) {
        String base = file.getFileName().toString().toLowerCase(Locale.ROOT).replaceFirst("\\.[a-z0-9]*$", "");
        String name = base.replaceAll("[^a-z0-9_-]", "-").replaceFirst("^[^a-z]+", "");
        return name.isEmpty() ? "pipeline" : name.substring(0, Math.min(name.length(), 40));
    }

    private static void write(Path file, String text) {
        try {
            Files.createDirectories(directory(file));
            Files.writeString(file, text);
        } catch (IOException e) {
            throw SluiceException.of(ErrorKind.CONFIGURATION, file + " cannot be written: " + e, e);
        }
    }

    private void report(Proposals proposals, Path ddlFile) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(output + ": pipeline with " + proposals.parentsFirst().size() + " tables");
        out.println(ddlFile + ": proposed PostgreSQL tables");
        List<Proposal> keyless = proposals.keyless();
        if (!keyless.isEmpty()) {
            out.println("left out because they have no primary key: "
                    + String.join(", ", keyless.stream().map(Proposal::name).toList()));
        }
        out.println("next: sluice check -c " + output);
        out.flush();
    }
}
