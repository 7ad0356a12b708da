package dev.sluice.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Compares a SQLite file with a PostgreSQL database by what the two print, knowing nothing of Sluice: every table, every row, every column, with the
 * type that PostgreSQL declares.
 */
final class SideBySide {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS);

    private final Connection sqlite;
    private final Connection postgres;
    private final Set<String> leftOut = new HashSet<>();
    private final Set<String> changed = new HashSet<>();

    private SideBySide(Connection sqlite, Connection postgres) {
        this.sqlite = sqlite;
        this.postgres = postgres;
    }

    /** Expects every row of every table but {@code leftOut} ({@code table key}, key as the values in SQLite joined by commas) to be equal. */
    static long expectEqual(Path source, String targetUrl, String... leftOut) throws SQLException {
        return expectEqual(source, targetUrl, Set.of(leftOut), Set.of());
    }

    /** As above; of {@code changed}, named alike, any version has to be there. Columns that only the target has are not looked at. */
    static long expectEqual(Path source, String targetUrl, Set<String> leftOut, Set<String> changed)
            throws SQLException {
        try (Connection sqlite = DriverManager.getConnection("jdbc:sqlite:" + source);
                Connection postgres = DriverManager.getConnection(targetUrl)) {
            SideBySide sides = new SideBySide(sqlite, postgres);
            sides.leftOut.addAll(leftOut);
            sides.changed.addAll(changed);
            return sides.compare();
        }
    }

    private long compare() throws SQLException {
        try (Statement session = postgres.createStatement()) {
            session.execute("SET timezone = 'UTC'");
        }
        long rows = 0;
        for (String table : tables()) {
            rows += compare(table);
        }
        return rows;
    }

    private List<String> tables() throws SQLException {
        return texts(
                sqlite,
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%sluice%' ORDER BY 1");
    }

    private long compare(String table) throws SQLException {
        Map<String, String> types = types(table);
        types.keySet().retainAll(texts(sqlite, "SELECT name FROM pragma_table_xinfo('" + table + "')"));
        assertThat(types).as("columns of table %s in PostgreSQL", table).isNotEmpty();
        List<String> columns = new ArrayList<>(types.keySet());
        List<String> key =
                texts(sqlite, "SELECT name FROM pragma_table_info('" + table + "') WHERE pk > 0 ORDER BY pk");
        Map<String, List<@Nullable String>> source = source(table, columns, types, key);
        Map<String, List<@Nullable String>> target = target(table, columns, types, key);
        List<String> differences = new ArrayList<>();
        for (Map.Entry<String, List<@Nullable String>> row : source.entrySet()) {
            List<@Nullable String> there = target.remove(row.getKey());
            boolean equal = row.getValue().equals(there)
                    || (there != null && row.getValue().isEmpty());
            if (!equal && differences.size() < 10) {
                differences.add("key " + row.getKey() + "\n  SQLite     " + row.getValue() + "\n  PostgreSQL " + there);
            }
        }
        target.keySet().stream().limit(10).forEach(extra -> differences.add("only in PostgreSQL: key " + extra));
        assertThat(differences).as("table %s, columns %s", table, columns).isEmpty();
        return source.size();
    }

    private Map<String, String> types(String table) throws SQLException {
        Map<String, String> types = new LinkedHashMap<>();
        try (PreparedStatement statement = postgres.prepareStatement(
                "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = ?::regclass AND attnum > 0"
                        + " AND NOT attisdropped AND attname <> '_sluice_seq' ORDER BY attnum")) {
            statement.setString(1, "public." + quote(table));
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    types.put(found.getString(1), found.getString(2));
                }
            }
        }
        return types;
    }

    private Map<String, List<@Nullable String>> source(
            String table, List<String> columns, Map<String, String> types, List<String> key) throws SQLException {
        Map<String, List<@Nullable String>> rows = new TreeMap<>();
        try (Statement statement = sqlite.createStatement();
                ResultSet found = statement.executeQuery("SELECT * FROM " + quote(table))) {
            while (found.next()) {
                StringBuilder name = new StringBuilder(table);
                for (String column : key) {
                    name.append(name.length() == table.length() ? ' ' : ',').append(found.getString(column));
                }
                if (!leftOut.contains(name.toString())) {
                    boolean any = changed.contains(name.toString());
                    rows.put(expected(found, key, types).toString(), any ? List.of() : expected(found, columns, types));
                }
            }
        }
        return rows;
    }

    private Map<String, List<@Nullable String>> target(
            String table, List<String> columns, Map<String, String> types, List<String> key) throws SQLException {
        Map<String, List<@Nullable String>> rows = new TreeMap<>();
        StringBuilder select = new StringBuilder("SELECT ");
        columns.forEach(column -> select.append(quote(column)).append("::text, "));
        try (Statement statement = postgres.createStatement();
                ResultSet found = statement.executeQuery(select + "0 FROM public." + quote(table))) {
            while (found.next()) {
                List<@Nullable String> row = new ArrayList<>();
                for (int i = 0; i < columns.size(); i++) {
                    row.add(printed(found.getString(i + 1), types.getOrDefault(columns.get(i), "")));
                }
                rows.put(
                        key.stream()
                                .map(column -> row.get(columns.indexOf(column)))
                                .toList()
                                .toString(),
                        row);
            }
        }
        return rows;
    }

    private static List<@Nullable String> expected(ResultSet found, List<String> columns, Map<String, String> types)
            throws SQLException {
        List<@Nullable String> row = new ArrayList<>();
        for (String column : columns) {
            row.add(expected(found.getObject(column), types.getOrDefault(column, "")));
        }
        return row;
    }

    /** What PostgreSQL should print for a value as SQLite stores it. */
    private static @Nullable String expected(@Nullable Object value, String type) {
        if (value == null) {
            return null;
        }
        if (value instanceof byte[] bytes) {
            return "\\x" + HexFormat.of().formatHex(bytes);
        }
        String text = value.toString();
        return switch (type) {
            case "boolean" -> text.equals("1") ? "true" : "false";
            case "uuid" -> dashed(text);
            case "timestamp with time zone" -> timestamp(text) + "+00";
            case "timestamp without time zone" -> timestamp(text);
            default -> printed(text, type);
        };
    }

    /** One text for values that are the same and may be printed in several ways. */
    private static @Nullable String printed(@Nullable String text, String type) {
        if (text == null) {
            return null;
        }
        return switch (type) {
            case "double precision" -> Double.toString(Double.parseDouble(text));
            case "real" -> Float.toString(Float.parseFloat(text));
            case "numeric" -> new BigDecimal(text).stripTrailingZeros().toPlainString();
            case "jsonb" -> json(text);
            default -> text;
        };
    }

    private static String dashed(String text) {
        String digits = text.replace("-", "");
        return new UUID(
                        Long.parseUnsignedLong(digits.substring(0, 16), 16),
                        Long.parseUnsignedLong(digits.substring(16), 16))
                .toString();
    }

    private static String timestamp(String text) {
        String spaced = text.replace('T', ' ');
        return spaced.contains(".") ? spaced.replaceFirst("\\.?0*$", "") : spaced;
    }

    private static String json(String text) {
        try {
            return sorted(JSON.readTree(text)).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(text, e);
        }
    }

    private static Object sorted(JsonNode node) {
        if (node.isObject()) {
            Map<String, Object> fields = new TreeMap<>();
            node.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
            return fields;
        }
        if (node.isArray()) {
            List<Object> elements = new ArrayList<>();
            node.forEach(element -> elements.add(sorted(element)));
            return elements;
        }
        return node.isNumber() ? node.decimalValue().stripTrailingZeros() : node.toString();
    }

    private static List<String> texts(Connection connection, String sql) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            while (found.next()) {
                texts.add(found.getString(1));
            }
        }
        return texts;
    }

    private static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }
}
