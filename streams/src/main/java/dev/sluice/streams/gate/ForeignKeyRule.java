package dev.sluice.streams.gate;

/**
 * How the gate treats one foreign key.
 *
 * @param enforcedBySource the source guarantees at commit that parents are there, so nothing has to be remembered about who refers to whom
 * @param onOrphan what becomes of rows without their parent
 */
public record ForeignKeyRule(boolean enforcedBySource, OnOrphan onOrphan) {
    public static final ForeignKeyRule DEFAULT = new ForeignKeyRule(false, OnOrphan.WAIT);
}
