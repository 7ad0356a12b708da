package dev.sluice.streams.gate;

import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import java.util.Arrays;

/**
 * The bytes of a key, as a row holds it or refers to it. See {@link KeySpec}.
 *
 * @param epoch of a counted reference: how often the referenced table had been emptied when it was counted
 */
@SuppressWarnings("ArrayRecordComponent") // equals compares the content
record KeyImage(Kind kind, byte[] bytes, long epoch) {
    static final KeyImage[] NONE = {};

    /** What the bytes stand for. */
    enum Kind {
        /** Refers to nothing: a column is NULL. */
        NULL(0),
        /** A complete key; not (yet) counted where it is a reference. */
        KEY(1),
        /** A reference that counts at the key it names. */
        COUNTED(2),
        /** A reference of a row to itself, which counts nowhere. */
        SELF(3),
        /** MATCH FULL with some columns NULL: no row can ever be its parent. */
        IMPOSSIBLE(4);

        private static final Kind[] BY_CODE = {NULL, KEY, COUNTED, SELF, IMPOSSIBLE};

        private final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    static KeyImage of(Kind kind, byte[] bytes) {
        return new KeyImage(kind, bytes, 0);
    }

    KeyImage counted(long epoch) {
        return new KeyImage(Kind.COUNTED, bytes, epoch);
    }

    KeyImage asSelf() {
        return of(Kind.SELF, bytes);
    }

    boolean isKey() {
        return kind == Kind.KEY;
    }

    boolean isCounted() {
        return kind == Kind.COUNTED;
    }

    boolean names(byte[] key) {
        return Arrays.equals(bytes, key);
    }

    static void write(KeyImage[] images, ByteWriter out) {
        out.varint(images.length);
        for (KeyImage image : images) {
            out.u8(image.kind.code).varint(image.epoch).bytes(image.bytes);
        }
    }

    static KeyImage[] read(ByteReader in) {
        int count = (int) in.varint();
        if (count == 0) {
            return NONE;
        }
        KeyImage[] images = new KeyImage[count];
        for (int i = 0; i < count; i++) {
            Kind kind = Kind.BY_CODE[in.u8()];
            long epoch = in.varint();
            images[i] = new KeyImage(kind, in.bytes(), epoch);
        }
        return images;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyImage image
                && kind == image.kind
                && epoch == image.epoch
                && Arrays.equals(bytes, image.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return kind + "@" + epoch + Arrays.toString(bytes);
    }
}
