package dev.sluice.embedded;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.embedded.Subjects.Version;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * The part of Confluent's Schema Registry interface that its Java client uses: method and path to answer.
 *
 * <p>Schemas are Avro without references. Unknown query parameters are ignored, as Confluent's server does.
 */
final class RegistryApi {
    private final SchemaStore store;

    RegistryApi(SchemaStore store) {
        this.store = store;
    }

    /** @return what becomes the JSON body of the answer; a {@link RegistryError} is thrown */
    Object answer(RegistryRequest request) {
        List<String> path = request.path();
        if (path.isEmpty() && request.method().equals("GET")) {
            return Map.of();
        }
        return switch (path.isEmpty() ? "" : path.get(0)) {
            case "subjects" -> subjects(request);
            case "schemas" -> schemas(request);
            case "compatibility" -> compatibility(request);
            case "config" -> config(request);
            case "mode" -> mode(request);
            default -> throw unknown(request);
        };
    }

    private Object subjects(RegistryRequest request) {
        boolean deleted = request.flag("deleted");
        if (request.is("GET", "subjects")) {
            return store.read(subjects -> subjects.names(deleted));
        }
        if (request.path().size() == 1) {
            throw unknown(request);
        }
        String subject = request.path().get(1);
        if (request.is("POST", "subjects", "*", "versions")) {
            return Map.of("id", store.register(subject, schema(request.body())));
        }
        if (request.is("POST", "subjects", "*")) {
            return describe(lookup(subject, schema(request.body()), deleted));
        }
        if (request.is("DELETE", "subjects", "*")) {
            return store.delete(subject, request.flag("permanent"));
        }
        if (request.is("GET", "subjects", "*", "versions")) {
            return versions(subject, deleted).stream().map(Version::version).toList();
        }
        if (request.is("GET", "subjects", "*", "versions", "*")) {
            return describe(version(subject, request.path().get(3), deleted));
        }
        throw unknown(request);
    }

    private Object schemas(RegistryRequest request) {
        if (request.is("GET", "schemas", "types")) {
            return List.of("AVRO");
        }
        if (request.is("GET", "schemas", "ids", "*")) {
            int id = id(request.path().get(2));
            return Map.of("schema", store.read(subjects -> subjects.schema(id)).toString());
        }
        if (request.is("GET", "schemas", "ids", "*", "versions")) {
            int id = id(request.path().get(2));
            return store.read(subjects -> subjects.uses(id)).stream()
                    .map(use -> Map.of("subject", use.subject(), "version", use.version()))
                    .toList();
        }
        if (request.is("GET", "schemas", "ids", "*", "subjects")) {
            int id = id(request.path().get(2));
            return store.read(subjects -> subjects.uses(id)).stream()
                    .map(Version::subject)
                    .distinct()
                    .toList();
        }
        throw unknown(request);
    }

    private Object compatibility(RegistryRequest request) {
        if (request.is("POST", "compatibility", "subjects", "*", "versions")) {
            String subject = request.path().get(2);
            return compatible(request, subject, store.read(subjects -> subjects.live(subject)));
        }
        if (request.is("POST", "compatibility", "subjects", "*", "versions", "*")) {
            String subject = request.path().get(2);
            String version = request.path().get(4);
            boolean first = isLatest(version)
                    && store.read(subjects -> subjects.live(subject)).isEmpty();
            return compatible(request, subject, first ? List.of() : List.of(version(subject, version, false)));
        }
        throw unknown(request);
    }

    private Object compatible(RegistryRequest request, String subject, List<Version> versions) {
        Schema schema = schema(request.body());
        List<String> problems = store.read(subjects -> subjects.problems(subject, schema, versions));
        return request.flag("verbose")
                ? Map.of("is_compatible", problems.isEmpty(), "messages", problems)
                : Map.of("is_compatible", problems.isEmpty());
    }

    private Object config(RegistryRequest request) {
        Optional<String> subject = request.path().stream().skip(1).findFirst();
        if (request.path().size() > 2) {
            throw unknown(request);
        }
        return switch (request.method()) {
            case "GET" -> Map.of("compatibilityLevel", level(subject, request.flag("defaultToGlobal")));
            case "PUT" -> Map.of("compatibility", configure(subject, request.body()));
            case "DELETE" -> Map.of("compatibilityLevel", unconfigure(subject));
            default -> throw unknown(request);
        };
    }

    private Compatibility level(Optional<String> subject, boolean orGlobal) {
        return store.read(subjects -> {
            Optional<Compatibility> own = subject.flatMap(subjects::level);
            if (own.isPresent() || subject.isEmpty() || orGlobal) {
                return own.orElse(subjects.level());
            }
            throw RegistryError.noSubjectConfig(subject.get());
        });
    }

    private Compatibility configure(Optional<String> subject, JsonNode body) {
        String name = body.path("compatibility").asText();
        Compatibility level = Compatibility.named(name).orElseThrow(() -> RegistryError.invalidCompatibility(name));
        store.configure(subject, level);
        return level;
    }

    /** @return the level there was */
    private Compatibility unconfigure(Optional<String> subject) {
        Compatibility before = level(subject, false);
        store.configure(subject, subject.isPresent() ? null : Compatibility.BACKWARD);
        return before;
    }

    private static Object mode(RegistryRequest request) {
        if (request.method().equals("GET") && request.path().size() <= 2) {
            return Map.of("mode", "READWRITE");
        }
        throw unknown(request);
    }

    private Version lookup(String subject, Schema schema, boolean deleted) {
        String text = schema.toString();
        return versions(subject, deleted).stream()
                .filter(version -> version.schema().equals(text))
                .findFirst()
                .orElseThrow(RegistryError::schemaNotFound);
    }

    private Version version(String subject, String wanted, boolean deleted) {
        List<Version> versions = versions(subject, deleted);
        if (isLatest(wanted)) {
            return versions.get(versions.size() - 1);
        }
        int number = number(wanted).filter(n -> n > 0).orElseThrow(() -> RegistryError.invalidVersion(wanted));
        return versions.stream()
                .filter(version -> version.version() == number)
                .findFirst()
                .orElseThrow(() -> RegistryError.versionNotFound(number));
    }

    private List<Version> versions(String subject, boolean deleted) {
        List<Version> versions = store.read(subjects -> subjects.versions(subject, deleted));
        if (versions.isEmpty()) {
            throw RegistryError.subjectNotFound(subject);
        }
        return versions;
    }

    private static boolean isLatest(String version) {
        return version.equals("latest") || version.equals("-1");
    }

    private static int id(String text) {
        return number(text)
                .orElseThrow(() -> RegistryError.badRequest("expected a number as schema id, found " + text));
    }

    private static Optional<Integer> number(String text) {
        try {
            return Optional.of(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Map<String, Object> describe(Version version) {
        return Map.of(
                "subject", version.subject(),
                "version", version.version(),
                "id", version.id(),
                "schema", version.schema());
    }

    private static Schema schema(JsonNode body) {
        String type = body.path("schemaType").asText("AVRO");
        if (!type.equals("AVRO") && !type.equals("null")) {
            throw RegistryError.invalidSchema("this registry keeps Avro schemas only, found type " + type);
        }
        if (!body.path("references").isEmpty()) {
            throw RegistryError.invalidSchema("this registry keeps schemas without references to others");
        }
        if (!body.path("schema").isTextual()) {
            throw RegistryError.invalidSchema("expected the schema as text in the field 'schema'");
        }
        return AvroText.offered(body.path("schema").asText());
    }

    private static RegistryError unknown(RegistryRequest request) {
        return RegistryError.noSuchPath(request.method(), "/" + String.join("/", request.path()));
    }
}
