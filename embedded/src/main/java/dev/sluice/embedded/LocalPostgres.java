package dev.sluice.embedded;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A real PostgreSQL 17 as a child process, on the loopback interface, with its data in one directory.
 *
 * <p>The superuser is {@code postgres}, the database {@code sluice}; both outlive a restart, the port does not. Clients
 * need the password that is generated at the first start and kept beside the data, readable by this user only. When this
 * process is killed the server lives on; the next start on the same directory stops it first.
 *
 * <p>Thread-safe.
 */
public final class LocalPostgres implements AutoCloseable {
    private static final String DATABASE = "sluice";
    private static final String MAJOR = "17";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final PostgresCluster cluster;
    private final int port;
    private final String password;
    private final boolean shared;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LocalPostgres(PostgresCluster cluster, int port, String password, boolean shared) {
        this.cluster = cluster;
        this.port = port;
        this.password = password;
        this.shared = shared;
    }

    /** {@link #start(Path, Durability)} with every commit durable. */
    public static LocalPostgres start(Path directory) {
        return start(directory, Durability.DURABLE);
    }

    /**
     * Makes the data directory when it is new, stops a server that a killed process left on it, and starts. Returns when
     * the server accepts connections, after about a second; the very first start of a user unpacks the programs before.
     *
     * @throws SluiceException when the directory cannot be used, belongs to another major version, or the server does not
     *     start
     */
    public static LocalPostgres start(Path directory, Durability durability) {
        return start(directory, durability, false);
    }

    /**
     * The one throw-away server of this JVM, started by the first call. {@link #close} leaves it running for the next test
     * class; it ends, and its data with it, when the JVM does. Take a {@link #createDatabase database of your own}.
     */
    public static LocalPostgres temporary() {
        return TemporaryPostgres.server();
    }

    static LocalPostgres start(Path directory, Durability durability, boolean shared) {
        Path home = directory.toAbsolutePath().normalize();
        Disk.require("PostgreSQL directory", home);
        PostgresCluster cluster = PostgresCluster.in(home, durability);
        refuseOtherMajor(cluster.data());
        String password = password(home, cluster.data());
        cluster.initialise(home.resolve("password"));
        cluster.stopLeftover();
        LocalPostgres server = new LocalPostgres(cluster, cluster.start(), password, shared);
        try {
            server.ensureDatabase();
            return server;
        } catch (SQLException e) {
            cluster.stop();
            throw SluiceException.of(
                    ErrorKind.TARGET,
                    "the embedded PostgreSQL in %s runs but refuses its own superuser: %s. Was its password changed? The one in %s has to be valid"
                            .formatted(home, e.getMessage(), home.resolve("password")),
                    e);
        }
    }

    private static void refuseOtherMajor(Path data) {
        Path version = data.resolve("PG_VERSION");
        try {
            String found = Files.exists(version) ? Files.readString(version).strip() : MAJOR;
            if (!found.equals(MAJOR)) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "PostgreSQL data directory %s: expected version %s, found version %s; start it with the Sluice that made it, or name another directory"
                                .formatted(data, MAJOR, found));
            }
        } catch (IOException e) {
            throw Disk.failure("PostgreSQL data directory", data, e);
        }
    }

    private static String password(Path home, Path data) {
        Path file = home.resolve("password");
        try {
            if (Files.exists(file)) {
                return Files.readString(file).strip();
            }
            if (Files.exists(data)) {
                throw SluiceException.of(
                        ErrorKind.CONFIGURATION,
                        "the file %s with the password of the PostgreSQL data beside it is missing; put it back, or name another directory"
                                .formatted(file));
            }
            byte[] secret = new byte[24];
            RANDOM.nextBytes(secret);
            String password = HexFormat.of().formatHex(secret);
            Disk.replace(file, password.getBytes(StandardCharsets.UTF_8));
            return password;
        } catch (IOException e) {
            throw Disk.failure("PostgreSQL password file", file, e);
        }
    }

    private void ensureDatabase() throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl("postgres"));
                Statement statement = connection.createStatement()) {
            try (ResultSet found =
                    statement.executeQuery("SELECT FROM pg_database WHERE datname = '" + DATABASE + "'")) {
                if (found.next()) {
                    return;
                }
            }
            statement.execute("CREATE DATABASE " + DATABASE);
        }
    }

    /** JDBC address of the database {@code sluice}, with user and password; not for log files. */
    public String jdbcUrl() {
        return jdbcUrl(DATABASE);
    }

    /** JDBC address of any database of this server, with user and password; not for log files. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://%s:%d/%s?user=postgres&password=%s"
                .formatted(Loopback.HOST, port, database, password);
    }

    /**
     * Makes an empty database, in some 30 ms.
     *
     * @return its JDBC address, with user and password
     */
    public String createDatabase() {
        String name = "test_" + Long.toHexString(RANDOM.nextLong());
        try (Connection connection = DriverManager.getConnection(jdbcUrl("postgres"));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
            return jdbcUrl(name);
        } catch (SQLException e) {
            throw SluiceException.of(
                    ErrorKind.TARGET, "embedded PostgreSQL: a database was not created: " + e.getMessage(), e);
        }
    }

    /** Rolls back what is open, disconnects the clients and stops the server; does nothing for the shared one. */
    @Override
    public void close() {
        if (!shared && closed.compareAndSet(false, true)) {
            cluster.stop();
        }
    }
}
