package dev.sluice.cli.config;

import java.util.List;
import java.util.Map;

/** A YAML document with the line on which every part begins. */
sealed interface Node {
    int line();

    /** What the operator sees in a message, e.g. {@code a list}. */
    String describe();

    /** @param raw the text as written, placeholders not yet replaced */
    record Scalar(int line, String raw) implements Node {
        @Override
        public String describe() {
            return "'" + raw + "'";
        }
    }

    /**
     * An empty value; the same as if the key were not there.
     *
     * @param written whether {@code null} stands there in words
     */
    record Empty(int line, boolean written) implements Node {
        @Override
        public String describe() {
            return "nothing";
        }
    }

    /** Items in the order of the file. */
    record Sequence(int line, List<Node> items) implements Node {
        @Override
        public String describe() {
            return "a list";
        }
    }

    /** Entries in the order of the file. */
    record Mapping(int line, Map<String, Entry> entries) implements Node {
        @Override
        public String describe() {
            return "a block of keys";
        }
    }

    /** @param keyLine line of the key, which may stand above its value's */
    record Entry(int keyLine, Node value) {}
}
