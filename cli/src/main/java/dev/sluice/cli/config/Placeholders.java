package dev.sluice.cli.config;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Replaces <code>${NAME}</code> by the environment's value, so that secrets need not stand in the file; <code>$${</code> is a plain <code>${</code>. */
final class Placeholders {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$(\\$\\{|\\{([^}]*)})");

    private final Function<String, Optional<String>> environment;

    Placeholders(Function<String, Optional<String>> environment) {
        this.environment = environment;
    }

    /** @param missing receives the names that the environment does not have */
    String replace(String text, List<String> missing) {
        Matcher matcher = PLACEHOLDER.matcher(text);
        StringBuilder out = new StringBuilder();
        while (matcher.find()) {
            String name = matcher.group(2);
            matcher.appendReplacement(out, Matcher.quoteReplacement(name == null ? "${" : value(name, missing)));
        }
        return matcher.appendTail(out).toString();
    }

    private String value(String name, List<String> missing) {
        Optional<String> value = environment.apply(name);
        if (value.isEmpty()) {
            missing.add(name);
        }
        return value.orElse("");
    }
}
