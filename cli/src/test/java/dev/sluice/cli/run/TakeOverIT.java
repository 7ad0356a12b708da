package dev.sluice.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.cli.config.Configuration;
import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.embedded.LocalSchemaRegistry;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes on one pipeline, with Kafka, registry and PostgreSQL that both reach. */
final class TakeOverIT {
    private static final InstantSource CLOCK = InstantSource.system();
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    @Test
    void aSecondRunIsRefusedUnlessItTakesOver() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"));
                LocalSchemaRegistry registry = LocalSchemaRegistry.start(directory.resolve("registry"))) {
            Configuration configuration = configure(kafka, registry);
            Pipeline first = Pipeline.start(configuration, directory.resolve("one"), false, CLOCK);
            try {
                refused(() -> Pipeline.start(configuration, directory.resolve("two"), false, CLOCK))
                        .hasMessageContaining("already has a running instance")
                        .hasMessageContaining("--take-over");
                try (Pipeline second = Pipeline.start(configuration, directory.resolve("two"), true, CLOCK)) {
                    refused(() -> first.awaitEnd(DEADLINE));
                    first.close();
                    awaitCaughtUp(second);
                }
            } finally {
                first.close();
            }
        }
    }

    private static AbstractThrowableAssert<?, ?> refused(ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED));
    }

    private Configuration configure(EmbeddedKafka kafka, LocalSchemaRegistry registry) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("shop.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
            statement.execute("INSERT INTO users VALUES (1, 'Ada')");
        }
        Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE users (id bigint PRIMARY KEY, name text)");
        return Configuration.load(Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                kafka: {bootstrap-servers: "%s", properties: {client.id: shop}}
                schema-registry: {url: "%s"}
                target: {url: "%s", ddl: schema.sql}
                """.formatted(
                        kafka.bootstrapServers(),
                        registry.url(),
                        LocalPostgres.temporary().createDatabase())));
    }

    private static void awaitCaughtUp(Pipeline pipeline) throws InterruptedException {
        CaughtUp caughtUp = new CaughtUp(CLOCK);
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!caughtUp.test(pipeline.status())) {
            assertThat(System.nanoTime()).as("time to catch up").isLessThan(deadline);
            assertThat(pipeline.awaitEnd(Duration.ofMillis(100))).isFalse();
        }
    }
}
