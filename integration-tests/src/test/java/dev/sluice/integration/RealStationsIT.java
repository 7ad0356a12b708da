package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.embedded.LocalSchemaRegistry;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Broker, registry and PostgreSQL that run somewhere else and are reached by their addresses. */
final class RealStationsIT {
    @TempDir
    private Path directory;

    @Test
    void withAddressesTheSameRoadLeadsThroughThem() throws SQLException {
        Workspace workspace = new Workspace(directory);
        int rows = TrapDatabase.create(workspace.source());
        String target = LocalPostgres.temporary().createDatabase();
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("somewhere/kafka"));
                LocalSchemaRegistry registry = LocalSchemaRegistry.start(directory.resolve("somewhere/registry"))) {
            workspace.initWithTarget(target);
            workspace.edit(text -> text.replace(
                            "# bootstrap-servers: kafka1:9092,kafka2:9092",
                            "bootstrap-servers: " + kafka.bootstrapServers())
                    .replace("# url: https://registry:8081", "url: " + registry.url()));

            workspace.runUntilCaughtUp().expectExitCode(0);
            assertThat(SideBySide.expectEqual(workspace.source(), target)).isEqualTo(rows);

            workspace.executeOnSource("UPDATE employees SET name = name || '!'");
            workspace.executeOnSource("DELETE FROM level5");
            workspace.runUntilCaughtUp().expectExitCode(0);
            assertThat(SideBySide.expectEqual(workspace.source(), target)).isEqualTo(rows - 40);
        }
        assertThat(workspace.dataDirectory().resolve("kafka")).doesNotExist();
        assertThat(workspace.dataDirectory().resolve("postgresql")).doesNotExist();
    }
}
