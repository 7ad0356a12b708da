package dev.sluice.embedded;

import dev.sluice.embedded.RegistryEntry.Configured;
import dev.sluice.embedded.RegistryEntry.Deleted;
import dev.sluice.embedded.RegistryEntry.Registered;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The schema registry's content and rules, without disk and network.
 *
 * <p>{@link #register} and its like decide and return the entry that makes it so; {@link #apply} takes it, now or when the
 * log is read again. Equal schemas have one id, whatever their subjects, and an id is never given twice. Not thread-safe.
 */
final class Subjects {
    private final Map<Integer, Schema> schemas = new HashMap<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final TreeMap<String, List<Version>> subjects = new TreeMap<>();
    private final Map<String, Compatibility> levels = new HashMap<>();
    private Compatibility level = Compatibility.BACKWARD;

    /** A version of a subject. */
    record Version(String subject, int version, int id, String schema, boolean deleted) {
        Version hidden() {
            return new Version(subject, version, id, schema, true);
        }
    }

    /** What {@link #register} found or wants. */
    record Registration(int id, Optional<Registered> entry) {}

    void apply(RegistryEntry entry) {
        if (entry instanceof Registered registered) {
            apply(registered);
        } else if (entry instanceof Deleted deleted) {
            apply(deleted);
        } else if (entry instanceof Configured configured) {
            apply(configured);
        } else {
            throw new IllegalArgumentException("an entry out of place: " + entry);
        }
    }

    private void apply(Registered entry) {
        List<Version> versions = subjects.computeIfAbsent(entry.subject(), subject -> new ArrayList<>());
        @Nullable Integer known = ids.putIfAbsent(entry.schema(), entry.id());
        if (known == null ? schemas.containsKey(entry.id()) : known != entry.id()) {
            throw new IllegalArgumentException("id " + entry.id() + " given twice");
        }
        if (known == null) {
            schemas.put(entry.id(), AvroText.stored(entry.schema()));
        }
        versions.add(new Version(entry.subject(), entry.version(), entry.id(), entry.schema(), false));
    }

    private void apply(Deleted entry) {
        if (entry.permanent()) {
            subjects.remove(entry.subject());
        } else {
            subjects.computeIfPresent(
                    entry.subject(),
                    (subject, versions) -> new ArrayList<>(
                            versions.stream().map(Version::hidden).toList()));
        }
        levels.remove(entry.subject());
    }

    private void apply(Configured entry) {
        if (entry.subject() != null && entry.level() != null) {
            levels.put(entry.subject(), entry.level());
        } else if (entry.subject() != null) {
            levels.remove(entry.subject());
        } else if (entry.level() != null) {
            level = entry.level();
        }
    }

    /** @throws RegistryError when the schema may not follow the subject's versions */
    Registration register(String subject, Schema schema) {
        String text = schema.toString();
        Optional<Version> present = live(subject).stream()
                .filter(version -> version.schema().equals(text))
                .findFirst();
        if (present.isPresent()) {
            return new Registration(present.get().id(), Optional.empty());
        }
        List<String> problems = problems(subject, schema, live(subject));
        if (!problems.isEmpty()) {
            throw RegistryError.incompatible(subject, problems.toString());
        }
        int id = ids.getOrDefault(
                text, schemas.keySet().stream().mapToInt(i -> i).max().orElse(0) + 1);
        return new Registration(id, Optional.of(new Registered(subject, nextVersion(subject), id, text)));
    }

    /** Versions of a deleted subject are not given again. */
    private int nextVersion(String subject) {
        List<Version> versions = subjects.getOrDefault(subject, List.of());
        return versions.isEmpty() ? 1 : versions.get(versions.size() - 1).version() + 1;
    }

    Deleted delete(String subject, boolean permanent) {
        if ((!permanent && live(subject).isEmpty()) || !subjects.containsKey(subject)) {
            throw RegistryError.subjectNotFound(subject);
        }
        if (permanent && !live(subject).isEmpty()) {
            throw RegistryError.notDeleted(subject);
        }
        return new Deleted(subject, permanent);
    }

    /** Why {@code schema} may not follow the given versions of the subject. */
    List<String> problems(String subject, Schema schema, Collection<Version> versions) {
        List<Schema> old =
                versions.stream().map(version -> schema(version.id())).toList();
        return level(subject).orElse(level).problems(schema, old);
    }

    Schema schema(int id) {
        @Nullable Schema schema = schemas.get(id);
        if (schema == null) {
            throw RegistryError.schemaNotFound(id);
        }
        return schema;
    }

    List<String> names(boolean withDeleted) {
        return subjects.keySet().stream()
                .filter(subject -> !versions(subject, withDeleted).isEmpty())
                .toList();
    }

    /** Versions that are not deleted, oldest first; none when there is no such subject. */
    List<Version> live(String subject) {
        return versions(subject, false);
    }

    List<Version> versions(String subject, boolean withDeleted) {
        return subjects.getOrDefault(subject, List.of()).stream()
                .filter(version -> withDeleted || !version.deleted())
                .toList();
    }

    /** Every version that carries this id. */
    List<Version> uses(int id) {
        schema(id);
        return names(false).stream()
                .flatMap(subject -> live(subject).stream())
                .filter(version -> version.id() == id)
                .toList();
    }

    Compatibility level() {
        return level;
    }

    Optional<Compatibility> level(String subject) {
        return Optional.ofNullable(levels.get(subject));
    }
}
