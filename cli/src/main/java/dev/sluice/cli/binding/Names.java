package dev.sluice.cli.binding;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** PostgreSQL folds names that are not quoted, SQLite keeps their case and ignores it: look for the exact spelling first. */
final class Names {
    private Names() {}

    static <T> Optional<T> find(Collection<T> items, Function<T, String> nameOf, String name) {
        Optional<T> exact =
                items.stream().filter(i -> nameOf.apply(i).equals(name)).findFirst();
        if (exact.isPresent()) {
            return exact;
        }
        List<T> folded = items.stream()
                .filter(i -> nameOf.apply(i).equalsIgnoreCase(name))
                .toList();
        return folded.size() == 1 ? Optional.of(folded.get(0)) : Optional.empty();
    }
}
