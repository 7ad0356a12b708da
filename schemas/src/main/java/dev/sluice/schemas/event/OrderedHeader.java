package dev.sluice.schemas.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Kafka header {@value #NAME} of every record of an {@code ordered} topic. The record's key and value are the event's own, byte for byte (a merged
 * version is encoded anew).
 *
 * <p>A topic holds exactly one own record, one that is no release, per sequence, in order. Releases stand behind it, under the sequence of the event that
 * caused them, and tell what becomes of an earlier event now; the own event of the sequence may be released under it too. A row is written at most once under a
 * sequence. What was decided together stands together: every record but the last of such a group says {@code more}, and a sink commits only behind one
 * that does not.
 *
 * <p>Records that wait for each other are released as one: every one but the last says {@code together}. Between them foreign keys may be violated that are deferrable or
 * have a nullable column, which the sink defers, or writes as NULL first; in the order given no other one is.
 *
 * <p>Layout, version 1, big-endian: version i8, outcome i8, flags i8 (1 last, 2 settles, 4 more, 8 release, 16 together), sequence i64, origin i64, reason
 * UTF-8 to the end. A record whose origin is not its sequence is a release without the flag too.
 *
 * @param outcome what the sink does
 * @param last a source transaction of the lane ends with this sequence; alike on every record that stands under it
 * @param more the next record was decided together with this one and belongs into the same target transaction
 * @param settles the key's row in {@code sluice.waiting} ends with this record
 * @param sequence the sequence under which the record stands
 * @param origin the event's own sequence
 * @param reason of every outcome that leaves the row deviating from the source: what it waits for; otherwise null
 * @param release tells of an earlier decision's end, not of the sequence's own event
 * @param together the next record is applied as one with this one
 */
public record OrderedHeader(
        Outcome outcome,
        boolean last,
        boolean more,
        boolean settles,
        long sequence,
        long origin,
        @Nullable String reason,
        boolean release,
        boolean together) {
    public static final String NAME = "sluice-ordered";

    private static final byte VERSION = 1;
    private static final int FIXED_BYTES = 19;
    private static final int LAST = 1;
    private static final int SETTLES = 2;
    private static final int MORE = 4;
    private static final int RELEASE = 8;
    private static final int TOGETHER = 16;

    public OrderedHeader {
        if (origin > sequence || origin < 1) {
            throw new IllegalArgumentException("origin " + origin + " cannot stand under sequence " + sequence);
        }
        release |= origin != sequence;
    }

    /** A record that stands alone: a release where its origin is an earlier sequence. */
    public OrderedHeader(
            Outcome outcome,
            boolean last,
            boolean more,
            boolean settles,
            long sequence,
            long origin,
            @Nullable String reason) {
        this(outcome, last, more, settles, sequence, origin, reason, origin != sequence, false);
    }

    public boolean isRelease() {
        return release;
    }

    public byte[] encode() {
        byte[] text = reason == null ? new byte[0] : reason.getBytes(StandardCharsets.UTF_8);
        int flags = (last ? LAST : 0)
                | (settles ? SETTLES : 0)
                | (more ? MORE : 0)
                | (release ? RELEASE : 0)
                | (together ? TOGETHER : 0);
        return ByteBuffer.allocate(FIXED_BYTES + text.length)
                .put(VERSION)
                .put((byte) outcome.code())
                .put((byte) flags)
                .putLong(sequence)
                .putLong(origin)
                .put(text)
                .array();
    }

    /** @throws EventFormatException when the record has no such header, or one of another version */
    public static OrderedHeader of(Headers headers) {
        Header header = headers.lastHeader(NAME);
        if (header == null) {
            throw new EventFormatException("a record of an ordered topic has no header " + NAME);
        }
        return decode(header.value());
    }

    public static OrderedHeader decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (bytes.length < FIXED_BYTES || in.get() != VERSION) {
            throw new EventFormatException(
                    "header " + NAME + " is not of version " + VERSION + ": another version of Sluice wrote it");
        }
        Outcome outcome = Outcome.ofCode(in.get());
        int flags = in.get();
        long sequence = in.getLong();
        long origin = in.getLong();
        String reason = in.hasRemaining() ? StandardCharsets.UTF_8.decode(in).toString() : null;
        return new OrderedHeader(
                outcome,
                (flags & LAST) != 0,
                (flags & MORE) != 0,
                (flags & SETTLES) != 0,
                sequence,
                origin,
                reason,
                (flags & RELEASE) != 0,
                (flags & TOGETHER) != 0);
    }
}
