package dev.sluice.producers.sqlite;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import java.nio.ByteBuffer;

/**
 * A place in the log, behind one of its rows. As bytes: version 1, {@code seq}, {@code cutEnd}, {@code nonce}, 8 bytes each, big-endian; so positions compare by
 * {@code seq}.
 *
 * @param seq the newest row of the log that was given
 * @param cutEnd where the cut ends to which {@code seq} belongs; equal to {@code seq} behind a whole cut
 * @param nonce of the row {@code seq}: tells the log from one of another time line
 */
record LogPosition(long seq, long cutEnd, long nonce) {
    private static final byte VERSION = 1;
    private static final int BYTES = 25;

    LogPosition {
        if (seq < 0 || cutEnd < seq) {
            throw new IllegalArgumentException("no place in a log: row " + seq + " of a cut that ends at " + cutEnd);
        }
    }

    /** Behind a whole cut. */
    static LogPosition at(long seq, long nonce) {
        return new LogPosition(seq, seq, nonce);
    }

    static LogPosition of(Position position) {
        ByteBuffer bytes = ByteBuffer.wrap(position.bytes());
        if (bytes.remaining() != BYTES || bytes.get() != VERSION) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "position " + position + " is not one of a SQLite source of this version (layout " + VERSION
                            + " expected, layout " + position.version()
                            + " found); use the version of Sluice that wrote it");
        }
        return new LogPosition(bytes.getLong(), bytes.getLong(), bytes.getLong());
    }

    Position toPosition() {
        return Position.of(ByteBuffer.allocate(BYTES)
                .put(VERSION)
                .putLong(seq)
                .putLong(cutEnd)
                .putLong(nonce)
                .array());
    }

    boolean isBehindWholeCut() {
        return seq == cutEnd;
    }
}
