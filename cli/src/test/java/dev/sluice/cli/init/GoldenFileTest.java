package dev.sluice.cli.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.config.Configuration;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GoldenFileTest {
    @Test
    void theProposedTablesAreAsExpected() throws Exception {
        assertThat(DdlWriter.write(FakeSource.shop(), "shop.db")).isEqualTo(golden("schema.sql"));
    }

    @Test
    void theConfigurationIsAsExpectedAndCanBeRead(@TempDir Path directory) throws Exception {
        String yaml = ConfigurationWriter.write(
                FakeSource.shop(), "shop", "sqlite:shop.db", Optional.empty(), "schema.sql", true);
        assertThat(yaml).isEqualTo(golden("sluice.yaml"));

        Configuration read = Configuration.load(Files.writeString(directory.resolve("sluice.yaml"), yaml));
        assertThat(read.pipeline()).isEqualTo("shop");
        assertThat(read.source().path()).isEqualTo(directory.resolve("shop.db"));
        assertThat(read.target().embedded()).isTrue();
        assertThat(read.target().ddl()).contains(directory.resolve("schema.sql"));
        assertThat(read.tables().exclude()).containsExactly("log.lines");
        assertThat(read.tables().of("Order Items").excludeColumns()).containsExactly("_sluice_seq");
    }

    @Test
    void aRealTargetIsNotGivenTablesUnlessAsked(@TempDir Path directory) throws Exception {
        String yaml = ConfigurationWriter.write(
                FakeSource.shop(),
                "shop",
                "sqlite:/data/a \"b\".db",
                Optional.of("jdbc:postgresql://db:5432/shop"),
                "schema.sql",
                false);
        Configuration read = Configuration.load(Files.writeString(directory.resolve("sluice.yaml"), yaml));
        assertThat(read.target().url()).contains("jdbc:postgresql://db:5432/shop");
        assertThat(read.target().ddl()).isEmpty();
        assertThat(read.source().path()).isEqualTo(Path.of("/data/a \"b\".db"));
    }

    @Test
    void aPipelineIsNamedAfterItsFile() {
        assertThat(InitCommand.pipelineName(Path.of("/x/Ward OPS.db"))).isEqualTo("ward-ops");
        assertThat(InitCommand.pipelineName(Path.of("2024.sqlite"))).isEqualTo("pipeline");
    }

    private static String golden(String name) throws Exception {
        try (InputStream in = GoldenFileTest.class.getResourceAsStream(name)) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
