package dev.sluice.embedded;

import dev.sluice.embedded.RegistryEntry.Configured;
import dev.sluice.embedded.RegistryEntry.Deleted;
import dev.sluice.embedded.Subjects.Registration;
import dev.sluice.embedded.Subjects.Version;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/** {@link Subjects} on disk: a change is answered when it is durable. Thread-safe by one lock; registrations are rare. */
final class SchemaStore implements AutoCloseable {
    private final Subjects subjects;
    private final RegistryLog log;

    private SchemaStore(Subjects subjects, RegistryLog log) {
        this.subjects = subjects;
        this.log = log;
    }

    static SchemaStore open(Path file) {
        Subjects subjects = new Subjects();
        return new SchemaStore(subjects, RegistryLog.open(file, subjects::apply));
    }

    synchronized <T> T read(Function<Subjects, T> query) {
        return query.apply(subjects);
    }

    synchronized int register(String subject, Schema schema) {
        Registration registration = subjects.register(subject, schema);
        registration.entry().ifPresent(this::change);
        return registration.id();
    }

    /** The versions that are no more. */
    synchronized List<Integer> delete(String subject, boolean permanent) {
        Deleted entry = subjects.delete(subject, permanent);
        List<Integer> versions = subjects.versions(subject, permanent).stream()
                .map(Version::version)
                .toList();
        change(entry);
        return versions;
    }

    synchronized void configure(Optional<String> subject, @Nullable Compatibility level) {
        change(new Configured(subject.orElse(null), level));
    }

    private void change(RegistryEntry entry) {
        log.append(entry);
        subjects.apply(entry);
    }

    @Override
    public synchronized void close() {
        log.close();
    }
}
