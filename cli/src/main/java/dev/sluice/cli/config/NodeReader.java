package dev.sluice.cli.config;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.sluice.cli.config.Node.Entry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads YAML into {@link Node}s. Jackson's own tree has no lines, and keeps the last of two equal keys in silence. */
final class NodeReader {
    private static final int MAX_DEPTH = 20;

    private final YAMLParser parser;
    private final Problems problems;

    private NodeReader(YAMLParser parser, Problems problems) {
        this.parser = parser;
        this.problems = problems;
    }

    /** The document; an empty mapping when there is none or it is not YAML (which is added to the problems). */
    static Node.Mapping read(String yaml, Problems problems) {
        try (YAMLParser parser = new YAMLFactory().createParser(yaml)) {
            return new NodeReader(parser, problems).document();
        } catch (JsonProcessingException e) {
            problems.add(
                    e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                    "not valid YAML: " + firstLine(e.getOriginalMessage()));
            return new Node.Mapping(1, Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse(message);
    }

    private Node.Mapping document() throws IOException {
        JsonToken token = parser.nextToken();
        if (token == null || token == JsonToken.VALUE_NULL) {
            return new Node.Mapping(1, Map.of());
        }
        Node root = value(token, 0);
        if (parser.nextToken() != null) {
            problems.add(line(), "a second YAML document begins here; the configuration is one document");
        }
        if (root instanceof Node.Mapping mapping) {
            return mapping;
        }
        problems.add(root.line(), "expected keys such as 'pipeline:' and 'source:', found " + root.describe());
        return new Node.Mapping(1, Map.of());
    }

    private Node value(JsonToken token, int depth) throws IOException {
        int line = line();
        if (depth > MAX_DEPTH) {
            throw new JsonParseException(parser, "nested deeper than " + MAX_DEPTH + " levels");
        }
        if (parser.isCurrentAlias()) {
            problems.add(line, "YAML aliases (*name) are not supported; write the value out");
            return new Node.Empty(line, false);
        }
        if (token == JsonToken.START_OBJECT) {
            return mapping(line, depth);
        }
        if (token == JsonToken.START_ARRAY) {
            return sequence(line, depth);
        }
        if (token == JsonToken.VALUE_NULL) {
            boolean written = parser.currentTokenLocation().getCharOffset()
                    < parser.currentLocation().getCharOffset();
            return new Node.Empty(line, written);
        }
        return new Node.Scalar(line, parser.getText());
    }

    private Node.Mapping mapping(int line, int depth) throws IOException {
        Map<String, Entry> entries = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            int keyLine = line();
            Entry previous = entries.get(key);
            Entry entry = new Entry(keyLine, value(parser.nextToken(), depth + 1));
            if (previous == null) {
                entries.put(key, entry);
            } else {
                problems.add(keyLine, "key '" + key + "' stands already on line " + previous.keyLine());
            }
        }
        return new Node.Mapping(line, entries);
    }

    private Node.Sequence sequence(int line, int depth) throws IOException {
        List<Node> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(token, depth + 1));
        }
        return new Node.Sequence(line, items);
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }
}
