package dev.sluice.schemas.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.LocalSchemaRegistry;
import java.nio.file.Path;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfluentSchemaRegistryTest extends SchemaRegistryContract {
    @TempDir
    private Path directory;

    private LocalSchemaRegistry server;
    private SchemaRegistry registry;

    @BeforeEach
    void start() {
        server = LocalSchemaRegistry.start(directory);
        registry = connect();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Override
    SchemaRegistry registry() {
        return registry;
    }

    @Test
    void anotherClientFindsTheSameSchema() {
        int id = registry.register("t-x.R", FIRST);
        assertThat(connect().schema(id)).isEqualTo(FIRST);
    }

    @Test
    void anIncompatibleSchemaIsRefusedBySubject() {
        registry.register("t-x.R", FIRST);
        Schema incompatible = SchemaBuilder.record("R")
                .namespace("x")
                .fields()
                .requiredString("a")
                .endRecord();
        assertThatThrownBy(() -> registry.register("t-x.R", incompatible))
                .isInstanceOf(SchemaRegistryException.class)
                .hasMessageContaining("t-x.R")
                .hasMessageContaining("409");
    }

    @Test
    void anUnreachableRegistryIsNamed() {
        String url = server.url();
        server.close();
        SchemaRegistry unreachable = connect(url);
        assertThatThrownBy(() -> unreachable.register("t-x.R", FIRST))
                .isInstanceOf(SchemaRegistryException.class)
                .hasMessageContaining(url);
    }

    private SchemaRegistry connect() {
        return connect(server.url());
    }

    private static SchemaRegistry connect(String url) {
        return ConfluentSchemaRegistry.connect(url, Map.of());
    }
}
