package dev.sluice.cli.config;

import dev.sluice.producers.api.ValueRules;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One pipeline as {@code sluice.yaml} describes it. Relative paths are relative to the file's directory.
 *
 * @param publish what the topology writes for other consumers
 */
public record Configuration(
        String pipeline,
        SourceSettings source,
        KafkaSettings kafka,
        RegistrySettings schemaRegistry,
        TargetSettings target,
        TablesSettings tables,
        ForeignKeysSettings foreignKeys,
        LaneMode lanes,
        PublishMode publish,
        StreamsSettings streams,
        ApplySettings apply,
        VerifySettings verify,
        List<CheckSettings> checks) {
    /** Keys that the format reserves; a file that relies on them must not be half understood. */
    private static final List<String> RESERVED = List.of("readiness", "cutover", "domains", "http");

    public Configuration {
        checks = List.copyOf(checks);
    }

    /** The same pipeline, compared in another way. */
    public Configuration with(VerifySettings other) {
        return new Configuration(
                pipeline,
                source,
                kafka,
                schemaRegistry,
                target,
                tables,
                foreignKeys,
                lanes,
                publish,
                streams,
                apply,
                other,
                checks);
    }

    /** @throws SluiceException kind {@code CONFIGURATION} with every problem of the file */
    public static Configuration load(Path file) {
        return load(file, name -> Optional.ofNullable(System.getenv(name)));
    }

    static Configuration load(Path file, Function<String, Optional<String>> environment) {
        try {
            Path directory = file.toAbsolutePath().normalize().getParent();
            return parse(
                    Files.readString(file),
                    file.getFileName().toString(),
                    directory == null ? Path.of("/") : directory,
                    environment);
        } catch (NoSuchFileException e) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "there is no configuration file " + file + "; write one with: sluice init --source sqlite:PATH -o "
                            + file,
                    e);
        } catch (MalformedInputException e) {
            throw SluiceException.of(ErrorKind.CONFIGURATION, "configuration file " + file + " is not UTF-8 text", e);
        } catch (IOException e) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION, "configuration file " + file + " cannot be read: " + e, e);
        }
    }

    static Configuration parse(
            String yaml, String file, Path directory, Function<String, Optional<String>> environment) {
        Problems problems = new Problems(file);
        Node.Mapping root = NodeReader.read(yaml, problems);
        // What follows would only be noise about keys that stand in the file but could not be read.
        problems.throwIfAny();
        Section section = new Section("", root, problems, new Placeholders(environment));
        Configuration configuration = from(section, directory);
        problems.throwIfAny();
        return configuration;
    }

    private static Configuration from(Section section, Path directory) {
        if (!section.has("pipeline")) {
            section.problem("pipeline", "expected a name for the pipeline, e.g. pipeline: shop");
        }
        SourceSettings source = SourceSettings.from(section.section("source"), directory);
        ValueRules values = ValueSettings.everywhere(section.section("values"), source.timeZone());
        Configuration configuration = new Configuration(
                section.value("pipeline", "none", name -> new Topics(name).pipeline()),
                source,
                KafkaSettings.from(section.section("kafka")),
                RegistrySettings.from(section.section("schema-registry")),
                TargetSettings.from(section.section("target"), directory),
                TablesSettings.from(section.section("tables"), values),
                ForeignKeysSettings.from(section.section("foreign-keys")),
                section.choice("lanes", LaneMode.class).orElse(LaneMode.MAIN),
                section.choice("publish", PublishMode.class).orElse(PublishMode.NONE),
                StreamsSettings.from(section.section("streams")),
                ApplySettings.from(section.section("apply")),
                VerifySettings.from(section.section("verify")),
                CheckSettings.from(section.section("checks")));
        for (String key : RESERVED) {
            if (section.keys().contains(key)) {
                section.problem(key, "not supported yet by this version; remove it");
            }
            section.has(key);
        }
        section.refuseOtherKeys();
        return configuration;
    }
}
