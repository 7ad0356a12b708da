package dev.sluice.sinks.postgresql;

import dev.sluice.embedded.Durability;
import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A server behind an address that stays the same when the server comes back on another port. */
final class RestartablePostgres implements AutoCloseable {
    private final Path directory;
    private final ServerSocket entrance;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile @Nullable LocalPostgres server;
    private @Nullable String database;

    RestartablePostgres() throws IOException {
        directory = Files.createTempDirectory("sluice-sink-postgres");
        entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    /** Starts it if it does not run, with a new database. */
    void startAnew() {
        if (server == null) {
            start();
        }
        database = Objects.requireNonNull(server).createDatabase().replaceAll(".*/|\\?.*", "");
    }

    String jdbcUrl() {
        LocalPostgres running = Objects.requireNonNull(server);
        return running.jdbcUrl(Objects.requireNonNull(database))
                .replace(":" + port(running) + "/", ":" + entrance.getLocalPort() + "/");
    }

    private static int port(LocalPostgres running) {
        return URI.create(running.jdbcUrl().substring("jdbc:".length())).getPort();
    }

    void start() {
        server = LocalPostgres.start(directory, Durability.TEST);
    }

    void stop() {
        LocalPostgres running = server;
        server = null;
        if (running != null) {
            running.close();
        }
    }

    private void accept() {
        while (!entrance.isClosed()) {
            try {
                Socket client = entrance.accept();
                LocalPostgres running = server;
                if (running == null) {
                    client.close();
                    continue;
                }
                Socket backend = new Socket(InetAddress.getLoopbackAddress(), port(running));
                sockets.add(client);
                sockets.add(backend);
                daemon(() -> pump(client, backend));
                daemon(() -> pump(backend, client));
            } catch (IOException e) {
                // A client of a server that goes away; the next one is served.
            }
        }
    }

    private static void pump(Socket from, Socket to) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
        } catch (IOException e) {
            // The other side is gone; both are closed.
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            entrance.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            stop();
        }
    }
}
