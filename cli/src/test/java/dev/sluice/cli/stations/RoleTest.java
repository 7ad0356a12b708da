package dev.sluice.cli.stations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.cli.Cli;
import dev.sluice.cli.config.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RoleTest {
    @TempDir
    private Path directory;

    private Configuration configuration(String more) throws IOException {
        String yaml = "pipeline: shop\nsource: {url: \"sqlite:app.db\"}\n" + more;
        return Configuration.load(Files.writeString(directory.resolve("sluice.yaml"), yaml));
    }

    @Test
    void rolesThatRunApartNeedStationsThatAllOfThemReach() throws IOException {
        Configuration embedded = configuration("target: {url: \"jdbc:postgresql://h/d\"}\n");
        assertThatThrownBy(() -> Role.requireShared(embedded, Set.of(Role.STREAMS)))
                .hasMessageContaining("set kafka.bootstrap-servers, schema-registry.url,");
        assertThatCode(() -> Role.requireShared(embedded, Role.all())).doesNotThrowAnyException();
        Configuration shared = configuration(
                "kafka: {bootstrap-servers: k}\nschema-registry: {url: \"http://r\"}\ntarget: {url: \"jdbc:postgresql://h/d\"}\n");
        assertThatCode(() -> Role.requireShared(shared, Set.of(Role.SINK))).doesNotThrowAnyException();
    }

    @Test
    void theCommandRefusesRolesWithTheirReason() throws IOException {
        configuration("");
        Cli.Result apart = run("--roles", "streams,sink");
        assertThat(apart.exitCode()).isEqualTo(2);
        assertThat(apart.err()).contains("kafka.bootstrap-servers");
        Cli.Result unknown = run("--roles", "stream");
        assertThat(unknown.exitCode()).isEqualTo(2);
        Cli.Result endless = run("--roles", "publisher,sink", "--until-caught-up");
        assertThat(endless.exitCode()).isEqualTo(2);
        assertThat(endless.err()).contains("--until-caught-up needs every role");
    }

    private Cli.Result run(String... options) {
        Object[] arguments = new Object[options.length + 5];
        arguments[0] = "run";
        arguments[1] = "-c";
        arguments[2] = directory.resolve("sluice.yaml");
        arguments[3] = "--data-dir";
        arguments[4] = directory.resolve("data");
        System.arraycopy(options, 0, arguments, 5, options.length);
        return Cli.run(arguments);
    }
}
