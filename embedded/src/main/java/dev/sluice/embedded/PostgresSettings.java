package dev.sluice.embedded;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The server's {@code postgresql.conf}, written anew at each start; {@code ALTER SYSTEM} still overrides it. */
final class PostgresSettings {
    private PostgresSettings() {}

    static String of(int port, Durability durability) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("listen_addresses", Loopback.HOST);
        settings.put("port", Integer.toString(port));
        settings.put("unix_socket_directories", ""); // Its path would have to be short, and would be a second way in.
        settings.put("max_connections", "50");
        settings.put("password_encryption", "scram-sha-256");
        settings.put("shared_buffers", "128MB");
        settings.put("wal_level", "logical"); // So that this server can be a source as well: reverse pipelines, tests.
        settings.put("timezone", "UTC");
        settings.put("log_timezone", "UTC");
        settings.put("lc_messages", "C");
        settings.put("datestyle", "iso, mdy");
        settings.put("default_text_search_config", "pg_catalog.english");
        settings.put("dynamic_shared_memory_type", PostgresBinaries.isWindows() ? "windows" : "posix");
        // A refused row is an ordinary event for the sink; its values have no place in a log file.
        settings.put("log_min_messages", "log");
        settings.put("log_min_error_statement", "panic");
        settings.put("log_checkpoints", "off");
        if (durability == Durability.TEST) {
            settings.put("fsync", "off");
            settings.put("synchronous_commit", "off");
            settings.put("full_page_writes", "off");
        }
        return settings.entrySet().stream()
                .map(setting -> setting.getKey() + " = '" + setting.getValue() + "'\n")
                .collect(Collectors.joining("", "# Written by Sluice at each start.\n", ""));
    }
}
