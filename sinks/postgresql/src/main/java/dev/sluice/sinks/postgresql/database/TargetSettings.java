package dev.sluice.sinks.postgresql.database;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How to reach the target.
 *
 * @param jdbcUrl {@code jdbc:postgresql://host:port/database}; it may carry user and password as parameters
 * @param user null: from the URL, or the operating system's user as libpq does
 * @param password null: from the URL, or {@code .pgpass}
 * @param poolSize connections at most; a sink holds one, its lease, preparation and status another
 * @param properties further properties of the JDBC driver, e.g. {@code sslmode}
 */
public record TargetSettings(
        String jdbcUrl,
        @Nullable String user,
        @Nullable String password,
        int poolSize,
        Map<String, String> properties) {
    /** One for the sink, one for its lease and one each for status and verification. */
    public static final int DEFAULT_POOL_SIZE = 4;

    private static final String PREFIX = "jdbc:postgresql:";
    private static final Pattern SECRET_IN_URL = Pattern.compile("(?i)((?:ssl)?password=)[^&]*");
    private static final Pattern SECRET_NAME = Pattern.compile("(?i).*(password|secret|token).*");

    public TargetSettings {
        if (!jdbcUrl.startsWith(PREFIX)) {
            throw new IllegalArgumentException("the target's URL begins with " + PREFIX + ", not: " + masked(jdbcUrl));
        }
        if (poolSize < 2) {
            throw new IllegalArgumentException("the target's pool needs at least 2 connections, not " + poolSize);
        }
        properties = Map.copyOf(properties);
    }

    public static TargetSettings of(String jdbcUrl) {
        return of(jdbcUrl, null, null);
    }

    public static TargetSettings of(String jdbcUrl, @Nullable String user, @Nullable String password) {
        return new TargetSettings(jdbcUrl, user, password, DEFAULT_POOL_SIZE, Map.of());
    }

    /** The URL without its password. */
    public String maskedUrl() {
        return masked(jdbcUrl);
    }

    /** Without secrets. */
    @Override
    public String toString() {
        Map<String, String> shown = new TreeMap<>(properties);
        shown.replaceAll((name, value) -> SECRET_NAME.matcher(name).matches() ? "***" : value);
        return "TargetSettings[jdbcUrl=" + maskedUrl() + ", user=" + user + ", password="
                + (password == null ? "none" : "***") + ", poolSize=" + poolSize + ", properties=" + shown + "]";
    }

    private static String masked(String url) {
        return SECRET_IN_URL.matcher(url).replaceAll("$1***");
    }
}
