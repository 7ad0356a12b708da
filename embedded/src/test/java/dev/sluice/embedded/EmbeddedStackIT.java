package dev.sluice.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.runtime.SluiceException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStackIT {
    @TempDir
    Path parent;

    @Test
    void all_parts_serve_and_are_published_until_they_close() throws Exception {
        Path home = parent.resolve(".sluice");
        try (DataDirectory directory = DataDirectory.open(home, "shop");
                EmbeddedStack stack = EmbeddedStack.start(directory, true, true, true)) {
            Addresses addresses = DataDirectory.readAddresses(home).orElseThrow();
            assertThat(addresses).isEqualTo(stack.addresses());
            assertThat(addresses.pid()).isEqualTo(ProcessHandle.current().pid());
            assertThat(subjects(addresses)).isEqualTo("[]");
            DriverManager.getConnection(addresses.jdbcUrl()).close();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", addresses.bootstrapServers()))) {
                assertThat(admin.listTopics().names().get(10, TimeUnit.SECONDS)).isEmpty();
            }
        }
        assertThat(DataDirectory.readAddresses(home)).isEmpty();
        assertThat(Postmaster.recorded(home.resolve("postgresql/data"))).isEmpty();
    }

    @Test
    void what_is_not_wanted_is_not_started() {
        try (DataDirectory directory = DataDirectory.open(parent.resolve(".sluice"), "shop");
                EmbeddedStack stack = EmbeddedStack.start(directory, false, false, true)) {
            assertThat(stack.addresses().bootstrapServers()).isNull();
            assertThat(stack.addresses().jdbcUrl()).isNull();
            assertThat(directory.path().resolve("kafka")).doesNotExist();
        }
    }

    @Test
    void when_one_part_does_not_start_the_others_are_closed_and_it_is_named() throws Exception {
        try (DataDirectory directory = DataDirectory.open(parent.resolve(".sluice"), "shop")) {
            Path log = directory.subdirectory("schema-registry").resolve("schemas.log");
            Files.writeString(log, "not ours\n");

            SluiceException failure = catchThrowableOfType(
                    SluiceException.class,
                    () -> EmbeddedStack.start(directory, false, true, true).close());

            assertThat(failure).hasMessageContaining(log.toString());
            assertThat(Postmaster.recorded(directory.path().resolve("postgresql/data")))
                    .isEmpty();
            assertThat(DataDirectory.readAddresses(directory.path())).isEmpty();
            assertThat(log).hasContent("not ours\n");
        }
    }

    private static String subjects(Addresses addresses) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(addresses.schemaRegistryUrl() + "/subjects"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
