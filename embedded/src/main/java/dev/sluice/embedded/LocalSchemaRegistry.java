package dev.sluice.embedded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A schema registry on the loopback interface for Confluent's client, with its schemas in one directory.
 *
 * <p>Ids and versions survive a restart and a kill: a registration is on disk before it is answered. The port is new at
 * each start. Compatibility is {@code BACKWARD} unless configured. Thread-safe.
 */
public final class LocalSchemaRegistry implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LocalSchemaRegistry.class);
    private static final JsonMapper JSON = new JsonMapper();
    private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
    private static final int MAX_REQUEST_BYTES = 16 << 20;

    private final HttpServer server;
    private final ExecutorService threads;
    private final SchemaStore store;
    private final RegistryApi api;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LocalSchemaRegistry(HttpServer server, SchemaStore store) {
        this.server = server;
        this.store = store;
        this.api = new RegistryApi(store);
        this.threads = Executors.newFixedThreadPool(2, task -> {
            Thread thread = new Thread(task, "schema-registry");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Reads the schemas of the directory, and listens.
     *
     * @throws SluiceException when the directory cannot be used, or its file is not what was written
     */
    public static LocalSchemaRegistry start(Path directory) {
        Path home = directory.toAbsolutePath().normalize();
        Disk.require("schema registry directory", home);
        SchemaStore store = SchemaStore.open(home.resolve("schemas.log"));
        try {
            LocalSchemaRegistry registry = new LocalSchemaRegistry(listen(), store);
            registry.server.setExecutor(registry.threads);
            registry.server.createContext("/", registry::handle);
            registry.server.start();
            return registry;
        } catch (IOException e) {
            store.close();
            throw SluiceException.of(
                    ErrorKind.KAFKA,
                    "the schema registry in %s cannot listen on the loopback interface: %s"
                            .formatted(home, e.getMessage()),
                    e);
        }
    }

    private static HttpServer listen() throws IOException {
        // Head and body are sent apart; without this the second waits 40 ms for the client's acknowledgement.
        if (System.getProperty("sun.net.httpserver.nodelay") == null) {
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }
        return HttpServer.create(new InetSocketAddress(Loopback.address(), 0), 0);
    }

    /** Base address for clients, valid until {@link #close}. */
    public String url() {
        return "http://" + Loopback.HOST + ":" + server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Answer answer = answer(exchange);
            byte[] body = JSON.writeValueAsBytes(answer.body());
            exchange.getResponseHeaders().set("Content-Type", CONTENT_TYPE);
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private record Answer(int status, Object body) {
        static Answer error(int status, int code, @Nullable String message) {
            return new Answer(status, Map.of("error_code", code, "message", String.valueOf(message)));
        }
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        String method = exchange.getRequestMethod();
        try {
            return new Answer(
                    200, api.answer(RegistryRequest.of(method, exchange.getRequestURI(), requestBody(exchange))));
        } catch (RegistryError e) {
            return Answer.error(e.status(), e.code(), e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("Schema registry: {} {} failed", method, exchange.getRequestURI(), e);
            return Answer.error(500, 50001, e.toString());
        }
    }

    private static JsonNode requestBody(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MAX_REQUEST_BYTES + 1);
        if (body.length == 0) {
            return JSON.createObjectNode();
        }
        if (body.length > MAX_REQUEST_BYTES) {
            throw RegistryError.tooLarge(MAX_REQUEST_BYTES);
        }
        // A web page in a browser on this machine can send anything but JSON without being asked first.
        String type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
        if (!type.contains("json")) {
            throw RegistryError.notJson(type);
        }
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw RegistryError.badRequest("expected JSON: " + e.getOriginalMessage());
        }
    }

    /** Answers what is under way, and stops. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            server.stop(0);
            threads.shutdown();
            store.close();
        }
    }
}
