package dev.sluice.verification;

/** What a comparison found out about a key that is not simply equal on both sides. */
public enum Verdict {
    /** In the source, not in the target. */
    MISSING(false),
    /** In the target, not in the source. */
    EXTRA(false),
    /** On both sides with unequal values. */
    DIFFERENT(false),
    /** Two rows of the source have keys that are equal in the target. */
    COLLIDING(false),
    /** Unequal, and explained by a row of {@code sluice.waiting}: waiting, stale or held. */
    WAITING(true),
    /** Unequal, and explained by an open row of {@code sluice.dead_letters}. */
    DEAD_LETTER(true);

    private final boolean explained;

    Verdict(boolean explained) {
        this.explained = explained;
    }

    /** Whether the pipeline itself accounts for it: it is not an error, but not the whole migration either. */
    public boolean explained() {
        return explained;
    }
}
