package dev.sluice.streams.gate;

/**
 * What the gate needs to know of one version of a row.
 *
 * @param references per gated foreign key of the table, in the plan's order
 * @param keys per unique key of the table beside the primary one, in the plan's order
 */
@SuppressWarnings("ArrayRecordComponent") // looked at, never compared
record Version(KeyImage[] references, KeyImage[] keys) {
    static final Version EMPTY = new Version(KeyImage.NONE, KeyImage.NONE);

    boolean hasKey(byte[] key) {
        for (KeyImage own : keys) {
            if (own.isKey() && own.names(key)) {
                return true;
            }
        }
        return false;
    }
}
