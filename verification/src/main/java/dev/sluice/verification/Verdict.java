package dev.sluice.verification;

/** What a comparison found out about a key that is not simply equal on both sides. */
public enum Verdict {
    /** In the source, not in the target. */
    MISSING(Kind.UNEQUAL),
    /** In the target, not in the source. */
    EXTRA(Kind.UNEQUAL),
    /** On both sides with unequal values. */
    DIFFERENT(Kind.UNEQUAL),
    /** The target holds what the conversion made of the source's value, but brought back into the source's notation it is another value: the conversion is wrong, and reading the row again does not help. */
    MISCONVERTED(Kind.UNEQUAL),
    /** Several rows of the source have keys that are equal in the target. */
    COLLIDING(Kind.UNEQUAL),
    /** Unequal each time it was looked at, and the pipeline could not be asked at one moment. */
    UNSETTLED(Kind.UNKNOWN),
    /** No version is there, or one with NULL in place of references, because a parent is missing: a row of {@code sluice.waiting}. */
    WAITING(Kind.EXPLAINED),
    /** An older version is there, because a parent of the newer one is missing. */
    STALE(Kind.EXPLAINED),
    /** Deleted in the source, and still referred to. */
    HELD(Kind.EXPLAINED),
    /** The newest version is an open row of {@code sluice.dead_letters}. */
    DEAD_LETTER(Kind.EXPLAINED),
    /** The newest version is a dead letter that a person let go. */
    DISCARDED(Kind.EXPLAINED);

    private final Kind kind;

    Verdict(Kind kind) {
        this.kind = kind;
    }

    /** What a verdict means for whoever has to decide. */
    public enum Kind {
        /** The migration is wrong here. */
        UNEQUAL,
        /** Could not be told. */
        UNKNOWN,
        /** The pipeline itself accounts for it: it is no error, but not the whole migration either. */
        EXPLAINED
    }

    public Kind kind() {
        return kind;
    }

    /** Whether the pipeline itself accounts for it. */
    public boolean explained() {
        return kind == Kind.EXPLAINED;
    }

    /** Whether reading the key again and applying that can help. */
    public boolean isRepairable() {
        return this == MISSING || this == EXTRA || this == DIFFERENT;
    }
}
