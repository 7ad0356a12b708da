package dev.sluice.cli.config;

import dev.sluice.cli.config.Node.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * One block of keys, read key by key. What cannot be read is added to the problems and takes its default, so reading goes on and finds the rest. At the
 * end {@link #refuseOtherKeys} names the keys nobody asked for.
 */
final class Section {
    private final String path;
    private final Node.Mapping mapping;
    private final Problems problems;
    private final Placeholders placeholders;
    private final Set<String> known = new LinkedHashSet<>();

    Section(String path, Node.Mapping mapping, Problems problems, Placeholders placeholders) {
        this.path = path;
        this.mapping = mapping;
        this.problems = problems;
        this.placeholders = placeholders;
    }

    /** Full name of a key, e.g. {@code target.url}. */
    String name(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private int line(String key) {
        Entry entry = mapping.entries().get(key);
        return entry == null ? mapping.line() : entry.keyLine();
    }

    boolean has(String key) {
        return node(key).isPresent();
    }

    /** Whether {@code null} stands there in words. */
    boolean isNull(String key) {
        Entry entry = mapping.entries().get(key);
        return entry != null && entry.value() instanceof Node.Empty empty && empty.written();
    }

    Set<String> keys() {
        return mapping.entries().keySet();
    }

    void problem(String key, String message) {
        problems.add(line(key), name(key) + ": " + message);
    }

    /** The value of a key unless it is absent or empty. */
    private Optional<Node> node(String key) {
        known.add(key);
        Entry entry = mapping.entries().get(key);
        return entry == null || entry.value() instanceof Node.Empty ? Optional.empty() : Optional.of(entry.value());
    }

    Optional<String> text(String key) {
        return node(key).flatMap(n -> scalar(key, n));
    }

    String text(String key, String defaultValue) {
        return text(key).orElse(defaultValue);
    }

    /** @param parser throws {@link IllegalArgumentException} with what it expected */
    <T> T value(String key, T defaultValue, Function<String, T> parser) {
        return optional(key, parser).orElse(defaultValue);
    }

    <T> Optional<T> optional(String key, Function<String, T> parser) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(parser.apply(text.get()));
        } catch (IllegalArgumentException e) {
            problem(key, e.getMessage() + ", found " + node(key).orElseThrow().describe());
            return Optional.empty();
        }
    }

    int integer(String key, int defaultValue, int min, int max) {
        return value(key, defaultValue, text -> {
            String expected = "expected a whole number from " + min + " to " + max;
            int number = parseInt(text, expected);
            if (number < min || number > max) {
                throw new IllegalArgumentException(expected);
            }
            return number;
        });
    }

    private static int parseInt(String text, String expected) {
        try {
            return Integer.parseInt(text.trim());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(expected, e);
        }
    }

    boolean flag(String key, boolean defaultValue) {
        return value(key, defaultValue, text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("expected true or false");
        });
    }

    /** One of an enum's constants, in lower case with dashes. {@code null} is one where there is such a constant, with quotes or without. */
    <E extends Enum<E>> Optional<E> choice(String key, Class<E> type) {
        Map<String, E> choices = new LinkedHashMap<>();
        for (E constant : type.getEnumConstants()) {
            choices.put(constant.name().toLowerCase(Locale.ROOT).replace('_', '-'), constant);
        }
        if (isNull(key)) {
            known.add(key);
            return Optional.ofNullable(choices.get("null"));
        }
        return optional(key, text -> {
            E chosen = choices.get(text);
            if (chosen == null) {
                throw new IllegalArgumentException("expected " + String.join(" or ", choices.keySet()));
            }
            return chosen;
        });
    }

    Duration duration(String key, Duration defaultValue, Duration min, Duration max) {
        return value(key, defaultValue, text -> {
            Duration duration = Durations.parse(text);
            if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
                throw new IllegalArgumentException(
                        "expected a duration from " + Durations.text(min) + " to " + Durations.text(max));
            }
            return duration;
        });
    }

    DataSize size(String key, DataSize defaultValue, DataSize min, DataSize max) {
        return value(key, defaultValue, text -> {
            DataSize size = DataSize.parse(text);
            if (size.bytes() < min.bytes() || size.bytes() > max.bytes()) {
                throw new IllegalArgumentException("expected a size from " + min + " to " + max);
            }
            return size;
        });
    }

    List<String> texts(String key, List<String> defaultValue) {
        Optional<Node> node = node(key);
        if (node.isEmpty()) {
            return defaultValue;
        }
        if (!(node.get() instanceof Node.Sequence sequence)) {
            problem(key, "expected a list such as [a, b], found " + node.get().describe());
            return defaultValue;
        }
        List<String> texts = new ArrayList<>();
        for (Node item : sequence.items()) {
            scalar(key, item).ifPresent(texts::add);
        }
        return texts;
    }

    /** Any keys with single values. */
    ClientProperties properties(String key) {
        Section section = section(key);
        Map<String, String> values = new LinkedHashMap<>();
        section.keys().forEach(name -> section.text(name).ifPresent(value -> values.put(name, value)));
        return new ClientProperties(values);
    }

    /** The block under a key; an empty one when the key is absent. */
    Section section(String key) {
        Node node = node(key).orElse(new Node.Mapping(line(key), Map.of()));
        if (node instanceof Node.Mapping child) {
            return new Section(name(key), child, problems, placeholders);
        }
        problem(key, "expected keys below it, found " + node.describe());
        return new Section(name(key), new Node.Mapping(node.line(), Map.of()), problems, placeholders);
    }

    boolean isSection(String key) {
        Entry entry = mapping.entries().get(key);
        return entry != null && entry.value() instanceof Node.Mapping;
    }

    void refuseOtherKeys() {
        for (String key : mapping.entries().keySet()) {
            if (!known.contains(key)) {
                problems.add(line(key), "unknown key '" + name(key) + "'" + NearestName.suggestion(key, known));
            }
        }
    }

    private Optional<String> scalar(String key, Node node) {
        if (!(node instanceof Node.Scalar scalar)) {
            problem(key, "expected a single value, found " + node.describe());
            return Optional.empty();
        }
        List<String> missing = new ArrayList<>();
        String text = placeholders.replace(scalar.raw(), missing);
        if (!missing.isEmpty()) {
            problems.add(scalar.line(), name(key) + ": the environment has no variable " + String.join(", ", missing));
            return Optional.empty();
        }
        return Optional.of(text);
    }
}
