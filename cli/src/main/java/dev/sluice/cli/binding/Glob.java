package dev.sluice.cli.binding;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** {@code *} and {@code ?} over names, whatever their case: stores differ in whether it counts. */
record Glob(String text, Pattern pattern) {
    static Glob of(String text) {
        StringBuilder regex = new StringBuilder();
        for (char c : text.toLowerCase(Locale.ROOT).toCharArray()) {
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return new Glob(text, Pattern.compile(regex.toString(), Pattern.DOTALL));
    }

    static List<Glob> all(List<String> texts) {
        return texts.stream().map(Glob::of).toList();
    }

    static boolean anyMatches(List<Glob> globs, String name) {
        return globs.stream().anyMatch(g -> g.matches(name));
    }

    boolean matches(String name) {
        return pattern.matcher(name.toLowerCase(Locale.ROOT)).matches();
    }
}
