package dev.sluice.embedded;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;

/** What a new version of a subject must be able to do with the versions before it; Confluent's levels. */
enum Compatibility {
    NONE(false, false, false),
    BACKWARD(true, false, false),
    BACKWARD_TRANSITIVE(true, false, true),
    FORWARD(false, true, false),
    FORWARD_TRANSITIVE(false, true, true),
    FULL(true, true, false),
    FULL_TRANSITIVE(true, true, true);

    private final boolean readsOld;
    private final boolean readByOld;
    private final boolean transitive;

    Compatibility(boolean readsOld, boolean readByOld, boolean transitive) {
        this.readsOld = readsOld;
        this.readByOld = readByOld;
        this.transitive = transitive;
    }

    static Optional<Compatibility> named(String name) {
        return Stream.of(values()).filter(level -> level.name().equals(name)).findAny();
    }

    /** Why {@code candidate} may not follow {@code versions}, oldest first; empty when it may. */
    List<String> problems(Schema candidate, List<Schema> versions) {
        List<Schema> compared =
                transitive || versions.isEmpty() ? versions : List.of(versions.get(versions.size() - 1));
        return compared.stream()
                .flatMap(old -> Stream.concat(
                        readsOld ? unreadable("new schema reading old data", candidate, old) : Stream.empty(),
                        readByOld ? unreadable("old schema reading new data", old, candidate) : Stream.empty()))
                .toList();
    }

    private static Stream<String> unreadable(String direction, Schema reader, Schema writer) {
        var result = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                .getResult();
        if (result.getCompatibility() == SchemaCompatibilityType.COMPATIBLE) {
            return Stream.empty();
        }
        return Stream.of(direction + ": "
                + result.getIncompatibilities().stream()
                        .map(problem -> "%s at %s (%s)"
                                .formatted(problem.getType(), problem.getLocation(), problem.getMessage()))
                        .collect(joining("; ")));
    }
}
