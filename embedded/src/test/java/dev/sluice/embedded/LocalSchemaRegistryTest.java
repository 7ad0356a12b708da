package dev.sluice.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaMetadata;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Confluent's own client sees. */
class LocalSchemaRegistryTest {
    private static final String SUBJECT = "shop.changes.main-public.orders";
    private static final AvroSchema ID_ONLY = record("{\"name\": \"id\", \"type\": \"long\"}");
    private static final AvroSchema WITH_OPTIONAL_NOTE = record(
            "{\"name\": \"id\", \"type\": \"long\"}, {\"name\": \"note\", \"type\": [\"null\", \"string\"], \"default\": null}");
    private static final AvroSchema WITH_REQUIRED_NOTE =
            record("{\"name\": \"id\", \"type\": \"long\"}, {\"name\": \"note\", \"type\": \"string\"}");

    @TempDir
    Path directory;

    private LocalSchemaRegistry registry;
    private SchemaRegistryClient client;

    @BeforeEach
    void start() {
        registry = LocalSchemaRegistry.start(directory);
        client = new CachedSchemaRegistryClient(registry.url(), 100);
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private void restart() {
        stop();
        start();
    }

    @Test
    void equal_schemas_have_one_id_across_subjects() throws Exception {
        int id = client.register(SUBJECT, ID_ONLY);
        assertThat(client.register("other", record("{  \"name\":\"id\",\"type\":\"long\" }")))
                .isEqualTo(id);
        assertThat(client.register(SUBJECT, WITH_OPTIONAL_NOTE)).isEqualTo(id + 1);
        assertThat(client.getAllSubjectsById(id)).containsExactlyInAnyOrder(SUBJECT, "other");
    }

    @Test
    void a_schema_is_found_by_id_by_version_and_by_itself() throws Exception {
        int id = client.register(SUBJECT, ID_ONLY);
        int next = client.register(SUBJECT, WITH_OPTIONAL_NOTE);
        client.reset();

        assertThat(client.getSchemaById(id)).isEqualTo(ID_ONLY);
        assertThat(client.getSchemaBySubjectAndId(SUBJECT, next)).isEqualTo(WITH_OPTIONAL_NOTE);
        assertThat(client.getId(SUBJECT, ID_ONLY)).isEqualTo(id);
        assertThat(client.getVersion(SUBJECT, WITH_OPTIONAL_NOTE)).isEqualTo(2);
        assertThat(client.getAllVersions(SUBJECT)).containsExactly(1, 2);
        assertThat(client.getAllSubjects()).containsExactly(SUBJECT);
        SchemaMetadata first = client.getSchemaMetadata(SUBJECT, 1);
        assertThat(first.getId()).isEqualTo(id);
        SchemaMetadata latest = client.getLatestSchemaMetadata(SUBJECT);
        assertThat(latest.getVersion()).isEqualTo(2);
        assertThat(latest.getSchema()).isEqualTo(WITH_OPTIONAL_NOTE.canonicalString());
    }

    @Test
    void what_is_not_there_has_its_own_code() throws Exception {
        assertCode(40401, () -> client.getLatestSchemaMetadata("nothing"));
        assertCode(40401, () -> client.getAllVersions("nothing"));
        assertCode(40401, () -> client.getId("nothing", ID_ONLY));
        assertCode(40403, () -> client.getSchemaById(99));
        client.register(SUBJECT, ID_ONLY);
        assertCode(40402, () -> client.getSchemaMetadata(SUBJECT, 7));
        assertCode(40403, () -> client.getId(SUBJECT, WITH_REQUIRED_NOTE));
    }

    @Test
    void an_incompatible_schema_is_refused_unless_the_level_allows_it() throws Exception {
        client.register(SUBJECT, ID_ONLY);
        RestClientException refused = assertCode(409, () -> client.register(SUBJECT, WITH_REQUIRED_NOTE));
        assertThat(refused).hasMessageContaining(SUBJECT).hasMessageContaining("note");
        assertThat(client.testCompatibility(SUBJECT, WITH_REQUIRED_NOTE)).isFalse();
        assertThat(client.testCompatibility(SUBJECT, WITH_OPTIONAL_NOTE)).isTrue();
        assertThat(client.testCompatibility("nothing", WITH_REQUIRED_NOTE)).isTrue();
        assertThat(client.testCompatibilityVerbose(SUBJECT, WITH_REQUIRED_NOTE)).hasSize(1);

        assertThat(client.updateCompatibility(SUBJECT, "NONE")).isEqualTo("NONE");
        assertThat(client.register(SUBJECT, WITH_REQUIRED_NOTE)).isEqualTo(2);
    }

    @Test
    void levels_are_kept_for_all_and_for_one_subject() throws Exception {
        assertThat(client.getCompatibility(null)).isEqualTo("BACKWARD");
        assertCode(40408, () -> client.getCompatibility(SUBJECT));
        client.updateCompatibility(null, "FULL_TRANSITIVE");
        client.updateCompatibility(SUBJECT, "FORWARD");
        restart();
        assertThat(client.getCompatibility(null)).isEqualTo("FULL_TRANSITIVE");
        assertThat(client.getCompatibility(SUBJECT)).isEqualTo("FORWARD");
        client.deleteCompatibility(SUBJECT);
        assertCode(40408, () -> client.getCompatibility(SUBJECT));
        assertCode(42203, () -> client.updateCompatibility(null, "SIDEWARD"));
    }

    @Test
    void a_restart_keeps_ids_and_versions() throws Exception {
        int id = client.register(SUBJECT, ID_ONLY);
        restart();
        assertThat(client.getSchemaById(id)).isEqualTo(ID_ONLY);
        assertThat(client.register(SUBJECT, ID_ONLY)).isEqualTo(id);
        assertThat(client.register(SUBJECT, WITH_OPTIONAL_NOTE)).isEqualTo(id + 1);
        assertThat(client.getAllVersions(SUBJECT)).containsExactly(1, 2);
    }

    @Test
    void a_deleted_subject_is_gone_but_its_ids_stay() throws Exception {
        int id = client.register(SUBJECT, ID_ONLY);
        assertCode(40405, () -> client.deleteSubject(SUBJECT, true));
        assertThat(client.deleteSubject(SUBJECT)).containsExactly(1);
        assertCode(40401, () -> client.getAllVersions(SUBJECT));
        assertCode(40401, () -> client.deleteSubject(SUBJECT));
        restart();
        assertThat(client.getSchemaById(id)).isEqualTo(ID_ONLY);
        assertThat(client.register(SUBJECT, WITH_REQUIRED_NOTE)).isEqualTo(id + 1);
        assertThat(client.getAllVersions(SUBJECT)).containsExactly(2);
        client.deleteSubject(SUBJECT);
        assertThat(client.deleteSubject(SUBJECT, true)).containsExactly(1, 2);
        client.reset();
        assertThat(client.register(SUBJECT, ID_ONLY)).isEqualTo(id);
        assertThat(client.getAllVersions(SUBJECT)).containsExactly(1);
    }

    @Test
    void subjects_may_have_any_name() throws Exception {
        for (String subject : List.of("a b", "a/b", "a+b", "a%2Fb", "versions")) {
            client.register(subject, ID_ONLY);
            assertThat(client.getAllVersions(subject)).containsExactly(1);
        }
        assertThat(client.getAllSubjects()).containsExactlyInAnyOrder("a b", "a/b", "a+b", "a%2Fb", "versions");
    }

    @Test
    void registrations_at_the_same_time_get_ids_of_their_own() throws Exception {
        List<Callable<Integer>> registrations = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            String subject = "subject-" + i;
            AvroSchema schema = record("{\"name\": \"f" + i + "\", \"type\": \"int\"}");
            registrations.add(() -> client.register(subject, schema));
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Integer> ids = new ArrayList<>();
        for (Future<Integer> registration : threads.invokeAll(registrations)) {
            ids.add(registration.get());
        }
        threads.shutdown();
        assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id >= 1 && id <= 20);
    }

    @Test
    void only_valid_avro_without_references_is_taken() throws Exception {
        assertThat(post("{\"schema\": \"{\\\"type\\\": \\\"nonsense\\\"}\"}")).contains("42201");
        assertThat(post("{\"schema\": \"{}\", \"schemaType\": \"PROTOBUF\"}"))
                .contains("42201")
                .contains("Avro schemas only, found type PROTOBUF");
        assertThat(post("{\"schema\": \"\\\"int\\\"\", \"references\": [{\"name\": \"x\"}]}"))
                .contains("references");
        assertThat(post("{\"schema\"")).contains("expected JSON");
        assertThat(post("{\"schema\": \"\\\"int\\\"\"}")).isEqualTo("{\"id\":1}");
    }

    private String post(String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(registry.url() + "/subjects/" + SUBJECT + "/versions"))
                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "12345678 {\"kind\":\"regis", "\0\0\0\0\0\0", "\0\0\0\0\0\0 {}\n"})
    void a_tail_torn_by_a_crash_is_dropped(String tail) throws Exception {
        int id = client.register(SUBJECT, ID_ONLY);
        stop();
        long acknowledged = Files.size(log());
        Files.writeString(log(), tail, StandardOpenOption.APPEND);
        start();
        assertThat(Files.size(log())).isEqualTo(acknowledged);
        assertThat(client.register(SUBJECT, WITH_OPTIONAL_NOTE)).isEqualTo(id + 1);
        restart();
        assertThat(client.getAllVersions(SUBJECT)).containsExactly(1, 2);
    }

    @Test
    void anything_else_that_is_wrong_is_refused_by_line_and_left_alone() throws Exception {
        client.register(SUBJECT, ID_ONLY);
        client.register(SUBJECT, WITH_OPTIONAL_NOTE);
        stop();
        String written = Files.readString(log());
        for (int line = 1; line <= 3; line++) {
            List<String> lines = new ArrayList<>(written.lines().toList());
            lines.set(line - 1, lines.get(line - 1).replace('o', 'a'));
            Files.write(log(), lines, StandardCharsets.UTF_8);
            String damaged = Files.readString(log());
            SluiceException refused = catchThrowableOfType(
                    SluiceException.class,
                    () -> LocalSchemaRegistry.start(directory).close());
            assertThat(refused.kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(refused)
                    .hasMessageContaining(log().toString())
                    .hasMessageContaining("line " + line)
                    .hasMessageContaining("checksum");
            assertThat(log()).hasContent(damaged);
        }
        Files.writeString(log(), written);
        start();
        assertThat(client.getAllVersions(SUBJECT)).containsExactly(1, 2);
    }

    @Test
    void a_request_of_a_web_page_is_refused() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(registry.url() + "/subjects/x/versions"))
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("{\"schema\": \"\\\"int\\\"\"}"))
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(request, HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(415);
    }

    private Path log() {
        return directory.resolve("schemas.log");
    }

    private static AvroSchema record(String fields) {
        return new AvroSchema("{\"type\": \"record\", \"name\": \"Orders\", \"fields\": [" + fields + "]}");
    }

    private interface Call {
        void run() throws Exception;
    }

    private static RestClientException assertCode(int code, Call call) {
        RestClientException e = catchThrowableOfType(RestClientException.class, call::run);
        assertThat(e).isNotNull();
        assertThat(e.getErrorCode()).isEqualTo(code);
        return e;
    }
}
