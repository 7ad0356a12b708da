package dev.sluice.streams.gate;

import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest event of a row, decided but not applied yet: an upsert that waits, a delete that is held, or what is left of an evicted row.
 *
 * @param record the event as it travels; of an evicted row the delete that took it out
 * @param version of an upsert or an evicted row
 * @param awaited what it is filed under: whatever alone decides when to look again
 * @param partial the event leaves columns out
 * @param nulled the row was written with NULL in place of these foreign keys of its table, a bit each; {@link #UNWRITTEN} when it was not written
 * @param told hash of the reason that {@code sluice.waiting} shows
 * @param asked the source was asked for an evicted row
 */
record PendingVersion(
        Node.Pending kind,
        LaneRecord record,
        Version version,
        List<Awaited> awaited,
        boolean partial,
        long nulled,
        int told,
        boolean asked) {
    static final long UNWRITTEN = -1;

    private static final int VERSION = 2;
    private static final int FIRST_VERSION = 1;
    private static final int PARTIAL = 1;
    private static final int ASKED = 2;

    static PendingVersion upsert(LaneRecord record, Version version, boolean partial) {
        return new PendingVersion(Node.Pending.UPSERT, record, version, List.of(), partial, UNWRITTEN, 0, false);
    }

    static PendingVersion delete(LaneRecord record) {
        return new PendingVersion(Node.Pending.DELETE, record, Version.EMPTY, List.of(), false, UNWRITTEN, 0, false);
    }

    static PendingVersion evicted(LaneRecord delete, Version version) {
        return new PendingVersion(Node.Pending.EVICTED, delete, version, List.of(), true, UNWRITTEN, 0, false);
    }

    /** A key that a row waits for. */
    @SuppressWarnings("ArrayRecordComponent") // equals compares the content
    record Awaited(For what, byte[] key) {
        /** What has to happen to the key. */
        enum For {
            /** It comes into the target. */
            ARRIVAL(1),
            /** Its present row gives it up. */
            RELEASE(2),
            /** No row of a table is pending any more; the key stands for the table. */
            SETTLED(3);

            private final int code;

            For(int code) {
                this.code = code;
            }

            int code() {
                return code;
            }

            static For ofCode(int code) {
                return switch (code) {
                    case 1 -> ARRIVAL;
                    case 2 -> RELEASE;
                    case 3 -> SETTLED;
                    default -> throw new IllegalStateException("a row waits for " + code);
                };
            }
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Awaited awaited && what == awaited.what && Arrays.equals(key, awaited.key);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(key);
        }
    }

    boolean deletes() {
        return kind == Node.Pending.DELETE;
    }

    /** Whether a key is not the row's any more. An evicted row keeps its own until it leaves: it is not a newer version that does without them. */
    boolean givesUp(KeyImage key) {
        return deletes() || !version.hasKey(key.bytes());
    }

    boolean isWritten() {
        return nulled != UNWRITTEN;
    }

    PendingVersion awaiting(List<Awaited> keys, @Nullable String reason) {
        return awaiting(keys, reason == null ? 0 : reason.hashCode());
    }

    /** What people are told of a row: they are told anew when it changes. */
    static int told(boolean live, boolean leaving, String reason) {
        int way = !live ? 0 : leaving ? 2 : 1;
        return reason.hashCode() * 31 + way;
    }

    PendingVersion awaiting(List<Awaited> keys, int reasonTold) {
        return new PendingVersion(kind, record, version, keys, partial, nulled, reasonTold, asked);
    }

    PendingVersion written(long foreignKeys) {
        return new PendingVersion(kind, record, version, awaited, partial, foreignKeys, told, asked);
    }

    PendingVersion withValue(byte[] value) {
        LaneRecord other = record.withValue(value);
        return new PendingVersion(kind, other, version, awaited, partial, nulled, told, asked);
    }

    PendingVersion quarantined() {
        Node.Pending quarantined = Node.Pending.QUARANTINED;
        return new PendingVersion(quarantined, record, version, List.of(), partial, UNWRITTEN, 0, false);
    }

    /** What was quarantined waits for its parents, now that an older version had to leave. */
    PendingVersion waitingAgain(byte[] row) {
        List<Awaited> keys = Arrays.stream(version.references())
                .filter(reference -> reference.isKey() && !reference.names(row) && !version.hasKey(reference.bytes()))
                .map(reference -> new Awaited(Awaited.For.ARRIVAL, reference.bytes()))
                .distinct()
                .toList();
        PendingVersion waits = partial ? evicted(record, version) : upsert(record, version, false);
        return waits.awaiting(keys, 0);
    }

    /** Filed as another one is. */
    PendingVersion like(PendingVersion other) {
        return new PendingVersion(kind, record, version, other.awaited, partial, nulled, other.told, asked);
    }

    PendingVersion askedFor() {
        return new PendingVersion(kind, record, version, List.of(), partial, nulled, told, true);
    }

    byte[] encode(ByteWriter out) {
        out.reset().u8(VERSION).u8(kind.code()).u8((partial ? PARTIAL : 0) | (asked ? ASKED : 0));
        out.varint(record.sequence()).i64(record.commitMillis()).i64(nulled).i64(told);
        writeAwaited(out);
        KeyImage.write(version.references(), out);
        KeyImage.write(version.keys(), out);
        record.writeTo(out);
        return out.toBytes();
    }

    /** What may change while the event waits. */
    byte[] encodeSince(ByteWriter out) {
        out.reset().u8(VERSION).u8(asked ? ASKED : 0).i64(nulled).i64(told);
        writeAwaited(out);
        return out.toBytes();
    }

    PendingVersion since(byte[] value) {
        ByteReader in = ByteReader.ofVersion(VERSION, "waiting row", value);
        boolean askedNow = (in.u8() & ASKED) != 0;
        long nulledNow = in.i64();
        int toldNow = (int) in.i64();
        return new PendingVersion(kind, record, version, readAwaited(in), partial, nulledNow, toldNow, askedNow);
    }

    private void writeAwaited(ByteWriter out) {
        out.varint(awaited.size());
        for (Awaited each : awaited) {
            out.u8(each.what.code).bytes(each.key);
        }
    }

    private static List<Awaited> readAwaited(ByteReader in) {
        List<Awaited> awaited = new ArrayList<>();
        for (long left = in.varint(); left > 0; left--) {
            awaited.add(new Awaited(Awaited.For.ofCode(in.u8()), in.bytes()));
        }
        return awaited;
    }

    static PendingVersion decode(byte[] value) {
        if (value.length > 0 && value[0] == FIRST_VERSION) {
            return decodeFirst(value);
        }
        ByteReader in = ByteReader.ofVersion(VERSION, "waiting row", value);
        Node.Pending kind = Node.Pending.ofCode(in.u8());
        int flags = in.u8();
        long sequence = in.varint();
        long commitMillis = in.i64();
        long nulled = in.i64();
        int told = (int) in.i64();
        List<Awaited> awaited = readAwaited(in);
        Version version = new Version(KeyImage.read(in), KeyImage.read(in));
        LaneRecord record = LaneRecord.read(in, value.length, sequence, commitMillis);
        return new PendingVersion(
                kind, record, version, awaited, (flags & PARTIAL) != 0, nulled, told, (flags & ASKED) != 0);
    }

    private static PendingVersion decodeFirst(byte[] value) {
        ByteReader in = new ByteReader(value, 1);
        Node.Pending kind = in.u8() == 1 ? Node.Pending.DELETE : Node.Pending.UPSERT;
        long sequence = in.varint();
        long commitMillis = in.i64();
        int filed = in.u8();
        List<Awaited> awaited = filed == 0 ? List.of() : List.of(new Awaited(Awaited.For.ofCode(filed), in.bytes()));
        Version version = new Version(KeyImage.read(in), KeyImage.read(in));
        LaneRecord record = LaneRecord.read(in, value.length, sequence, commitMillis);
        return new PendingVersion(kind, record, version, awaited, false, UNWRITTEN, 0, false);
    }
}
