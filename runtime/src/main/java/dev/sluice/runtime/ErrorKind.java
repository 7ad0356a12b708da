package dev.sluice.runtime;

/** Who has to act on a failure, and the exit code a command ends with because of it. */
public enum ErrorKind {
    /** A defect of Sluice itself. */
    BUG(1),
    /** Wrong usage or configuration. */
    CONFIGURATION(2),
    /** The two sides differ, or a gate is not green. */
    DIFFERENT(3),
    /** The source store cannot be reached, read, or is not what was captured. */
    SOURCE(4),
    /** The target PostgreSQL cannot be reached or refuses. */
    TARGET(5),
    /** Kafka or the schema registry cannot be reached or refuses. */
    KAFKA(6),
    /** Finished, but rows wait or are quarantined. */
    INCOMPLETE(7),
    /** Refused for safety: lease, fence, or another incarnation's data. */
    REFUSED(8);

    private final int exitCode;

    ErrorKind(int exitCode) {
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
