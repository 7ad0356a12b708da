package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.embedded.LocalSchemaRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Publisher, topology and sink in processes of their own, two of which never see the source. */
final class RolesIT {
    @TempDir
    private Path directory;

    private Workspace workspace;

    @Test
    void rolesThatRunApartCarryEveryLaneAndOneIsReplacedWhenItIsLost() throws SQLException, IOException {
        workspace = new Workspace(directory);
        int rows = TrapDatabase.create(workspace.source());
        String target = LocalPostgres.temporary().createDatabase();
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("somewhere/kafka"));
                LocalSchemaRegistry registry = LocalSchemaRegistry.start(directory.resolve("somewhere/registry"))) {
            configure(target, kafka, registry);
            Path elsewhere = withoutSource();
            role("early", elsewhere, "streams")
                    .awaitEnd()
                    .expectExitCode(2)
                    .expectMessage("is not prepared", "sluice prepare");
            try (Sluice.Running publisher = role("publisher", workspace.yaml(), "publisher")) {
                publisher.await("a prepared pipeline", () -> isPrepared(target));
                try (Sluice.Running sink = role("sink", elsewhere, "sink")) {
                    try (Sluice.Running streams = role("streams", elsewhere, "streams")) {
                        sink.await("every row", () -> isEqual(target, rows));
                        streams.kill9();
                    }
                    workspace.executeOnSource("UPDATE employees SET name = name || '!'");
                    workspace.executeOnSource("DELETE FROM level5");
                    try (Sluice.Running other = role("another", elsewhere, "streams")) {
                        sink.await("every change", () -> isEqual(target, rows - 40));
                        looksLikeIt(elsewhere);
                        other.terminate().expectExitCode(0);
                    }
                    sink.terminate().expectExitCode(0);
                }
                publisher.terminate().expectExitCode(0);
            }
        }
        assertThat(Workspace.query(target, "SELECT count(*) FROM sluice.lanes WHERE state = 'running'"))
                .containsExactly("7");
    }

    private void configure(String target, EmbeddedKafka kafka, LocalSchemaRegistry registry) {
        workspace.initWithTarget(target);
        workspace.edit(text -> text.replace(
                                "# bootstrap-servers: kafka1:9092,kafka2:9092",
                                "bootstrap-servers: " + kafka.bootstrapServers())
                        .replace("# url: https://registry:8081", "url: " + registry.url())
                + "\nlanes: by-foreign-key\n");
    }

    /** As on a machine that the source's file is not on. */
    private Path withoutSource() throws IOException {
        String yaml = Files.readString(workspace.yaml());
        String changed = yaml.replaceFirst("sqlite:\\S*app.db", "sqlite:/nowhere/app.db");
        assertThat(changed).isNotEqualTo(yaml);
        return Files.writeString(directory.resolve("elsewhere.yaml"), changed);
    }

    private Sluice.Running role(String dataDirectory, Path yaml, String role) {
        return workspace
                .sluice()
                .start(
                        "run",
                        "-c",
                        yaml.toString(),
                        "--data-dir",
                        directory.resolve(dataDirectory).toString(),
                        "--roles",
                        role);
    }

    private static boolean isPrepared(String target) throws SQLException {
        return Workspace.query(target, "SELECT 1 FROM sluice.tables WHERE columns <> '{}'")
                        .size()
                > 1;
    }

    private boolean isEqual(String target, int rows) throws SQLException {
        try {
            return SideBySide.expectEqual(workspace.source(), target) == rows;
        } catch (AssertionError e) {
            return false;
        }
    }

    private void looksLikeIt(Path yaml) {
        String data = directory.resolve("looking").toString();
        role("second", yaml, "sink").awaitEnd().expectExitCode(8).expectMessage("already has a running sink");
        workspace
                .sluice()
                .run("status", "-c", yaml.toString(), "--data-dir", data)
                .expectExitCode(0)
                .expectReport("publisher in process", "sink in process", "lane public.codes:");
        workspace
                .sluice()
                .run("topology", "-c", yaml.toString(), "--data-dir", data, "--format", "dot")
                .expectExitCode(0)
                .expectReport("digraph", "foreign-key-gate", "ordered.public.employees");
    }
}
