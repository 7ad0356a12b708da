package dev.sluice.cli.stations;

import dev.sluice.cli.config.Configuration;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.InstanceLease;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A part of a pipeline that can run in a process of its own. */
public enum Role {
    /** Follows the source; one process at a time. */
    PUBLISHER,
    /** Decides; several processes share the lanes. */
    STREAMS,
    /** Writes to the target; one process at a time. */
    SINK;

    /** Those that one process at a time may have. */
    public static final Set<Role> SINGLE = Set.of(PUBLISHER, SINK);

    public static Set<Role> all() {
        return EnumSet.allOf(Role.class);
    }

    /** Whether a row of {@code sluice.instances} is a part of the pipeline, and not somebody who only looks at it. */
    public static boolean isPart(String role) {
        return !role.equals(InstanceLease.VERIFIER);
    }

    /** As it stands in options and in {@code sluice.instances}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws SluiceException when parts that run apart would not see the same stations */
    public static void requireShared(Configuration configuration, Set<Role> roles) {
        if (roles.containsAll(all())) {
            return;
        }
        List<String> missing = new ArrayList<>();
        if (configuration.kafka().embedded()) {
            missing.add("kafka.bootstrap-servers");
        }
        if (configuration.schemaRegistry().embedded()) {
            missing.add("schema-registry.url");
        }
        if (configuration.target().embedded()) {
            missing.add("target.url");
        }
        if (!missing.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "roles that run apart need Kafka, registry and target that all of them reach, and an embedded one lives in one process: set "
                            + String.join(", ", missing) + ", or run without --roles");
        }
    }
}
