package dev.sluice.streams.gate;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * What the gate needs to know of one version of a row.
 *
 * @param references per gated foreign key of the table, in the plan's order
 * @param keys per unique key of the table beside the primary one, in the plan's order
 */
@SuppressWarnings("ArrayRecordComponent") // looked at, never compared
record Version(KeyImage[] references, KeyImage[] keys) {
    static final Version EMPTY = new Version(KeyImage.NONE, KeyImage.NONE);

    /** What a row in the target refers to and has. */
    static Version inTarget(Node node) {
        KeyImage[] references = new KeyImage[node.references.length];
        for (int i = 0; i < references.length; i++) {
            KeyImage reference = node.references[i];
            boolean isKey = reference.isCounted() || reference.kind() == KeyImage.Kind.SELF;
            references[i] = isKey ? KeyImage.of(KeyImage.Kind.KEY, reference.bytes()) : reference;
        }
        return new Version(references, node.keys);
    }

    /** @param foreignKeys of the table, a bit each */
    Version withoutReferences(long foreignKeys, GatedTable table) {
        if (foreignKeys == 0) {
            return this;
        }
        KeyImage[] left = references.clone();
        for (int i = 0; i < left.length; i++) {
            if ((foreignKeys & (1L << i)) != 0) {
                left[i] = table.edges().get(i).parent().nullImage();
            }
        }
        return new Version(left, keys);
    }

    /** Keys that another version does not have. */
    Stream<byte[]> keysBut(Version other) {
        return Arrays.stream(keys)
                .filter(key -> key.isKey() && !other.hasKey(key.bytes()))
                .map(KeyImage::bytes);
    }

    boolean hasKey(byte[] key) {
        for (KeyImage own : keys) {
            if (own.isKey() && own.names(key)) {
                return true;
            }
        }
        return false;
    }
}
