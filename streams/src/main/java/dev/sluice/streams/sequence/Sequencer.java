package dev.sluice.streams.sequence;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Source;
import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import dev.sluice.streams.state.LaneState;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Asserts that a lane's sequences ascend by one.
 *
 * <pre>
 * sequence == next                                                 handled, next + 1
 * sequence &lt; next, same bytes as handled then                      dropped: a redelivery
 * sequence &lt; next, too old to tell, not behind the last handled    dropped: read again
 * sequence &lt; next, too old to tell, behind the last handled        stops the lane
 * sequence &lt; next, other bytes                                     stops the lane
 * sequence &gt; next                                                  stops the lane: a gap
 * another incarnation's record                                     stops the lane
 * </pre>
 *
 * <p>A topic only grows behind the last record handled, so what stands up to there has been here before: a lane whose group lost its offsets reads the
 * topic again from its beginning. Digests of at least the last {@value #REMEMBERED} records are kept. State: {@code S} → next sequence, place, position,
 * digests of the present block; {@code D block} → digests of an earlier block. Pure but for its state; not thread-safe.
 */
public final class Sequencer {
    static final int REMEMBERED = 4_096;

    /** The present block is rewritten with every record, so it is small. */
    private static final int BLOCK = 16;

    private static final int VERSION = 2;
    private static final byte[] KEY = {'S'};

    private final String lane;
    private final String pipelineId;
    private final LaneState state;
    private final ByteWriter out = new ByteWriter();
    private final long[] digests = new long[BLOCK];
    private final long first;
    private long next;
    private long lastOffset = -1;
    private boolean lastEndsTransaction;
    private byte[] lastPosition = new byte[0];

    private Sequencer(String lane, String pipelineId, long firstSequence, LaneState state) {
        this.lane = lane;
        this.pipelineId = pipelineId;
        this.state = state;
        byte[] value = state.get(KEY);
        if (value == null) {
            first = firstSequence;
            next = firstSequence;
            return;
        }
        ByteReader in = ByteReader.ofVersion(VERSION, "sequence", value);
        first = in.varint();
        next = in.varint();
        lastOffset = in.varint();
        lastEndsTransaction = in.u8() == 1;
        lastPosition = in.bytes();
        for (long sequence = firstOfBlock(next - 1); sequence < next; sequence++) {
            digests[(int) (sequence % BLOCK)] = in.i64();
        }
    }

    /** Goes on with a state; a new one expects {@code firstSequence}. Writes nothing before the first record. */
    public static Sequencer open(String lane, String pipelineId, long firstSequence, LaneState state) {
        return new Sequencer(lane, pipelineId, firstSequence, state);
    }

    /** The sequence expected next. */
    public long next() {
        return next;
    }

    /** Whether a source transaction ended with the last record handled. */
    public boolean lastEndsTransaction() {
        return lastEndsTransaction;
    }

    /**
     * @param endsTransaction whether a source transaction ends with the record
     * @param place of the record in the lane's topic, which has one partition
     * @return whether the record is the next one; false for one that was handled before, which the caller drops
     * @throws SluiceException when the order is broken
     */
    public boolean accepts(Source source, boolean endsTransaction, byte @Nullable [] key, byte[] value, Place place) {
        if (!source.pipelineId().equals(pipelineId)) {
            throw refused(
                    "found a record of incarnation " + source.pipelineId() + " at " + place
                            + ", expected incarnation "
                            + pipelineId
                            + "; the topics belong to another `prepare`: run with its data directory, or `sluice remove` and prepare anew");
        }
        long digest = digest(key, value);
        if (source.sequence() < next) {
            requireHandledBefore(source, digest, place);
            return false;
        }
        if (source.sequence() > next) {
            throw refused(
                    broken(source, place) + ": " + (source.sequence() - next)
                            + " records are missing; find out who removed them or wrote past them, then `sluice remove` and prepare anew, which reads the source again");
        }
        remember(source, endsTransaction, place, digest);
        return true;
    }

    private void requireHandledBefore(Source source, long digest, Place place) {
        Long known = knownDigest(source.sequence());
        boolean wasHandled = known == null ? place.offset() <= lastOffset : known == digest;
        if (!wasHandled) {
            String what = known == null ? "handled too long ago to compare" : "handled before with other content";
            throw refused(
                    broken(source, place) + ", " + what
                            + "; two producers write to the lane or its topic was written by hand: stop the other, then `sluice remove` and prepare anew");
        }
    }

    private @Nullable Long knownDigest(long sequence) {
        if (sequence < first) {
            return null;
        }
        if (sequence >= firstOfBlock(next - 1)) {
            return digests[(int) (sequence % BLOCK)];
        }
        byte[] block = state.get(blockKey(sequence / BLOCK));
        if (block == null) {
            return null;
        }
        ByteReader in = ByteReader.ofVersion(VERSION, "block of digests", block);
        in.skip((int) (sequence - firstOfBlock(sequence)) * Long.BYTES);
        return in.i64();
    }

    private void remember(Source source, boolean endsTransaction, Place place, long digest) {
        if (next % BLOCK == 0 && next > first) {
            closeBlock(next / BLOCK - 1);
        }
        digests[(int) (next % BLOCK)] = digest;
        next++;
        lastOffset = place.offset();
        lastEndsTransaction = endsTransaction;
        lastPosition = source.position().bytes();
        out.reset()
                .u8(VERSION)
                .varint(first)
                .varint(next)
                .varint(lastOffset)
                .u8(endsTransaction ? 1 : 0)
                .bytes(lastPosition);
        state.put(KEY, writeDigests(firstOfBlock(next - 1), next));
    }

    private void closeBlock(long block) {
        out.reset().u8(VERSION);
        state.put(blockKey(block), writeDigests(Math.max(first, block * BLOCK), (block + 1) * BLOCK));
        state.delete(blockKey(block - REMEMBERED / BLOCK));
    }

    private byte[] writeDigests(long from, long to) {
        for (long sequence = from; sequence < to; sequence++) {
            out.i64(digests[(int) (sequence % BLOCK)]);
        }
        return out.toBytes();
    }

    private long firstOfBlock(long sequence) {
        return Math.max(first, sequence - sequence % BLOCK);
    }

    private static byte[] blockKey(long block) {
        return new ByteWriter().u8('D').i64(block).toBytes();
    }

    /** Two polynomials: what a redelivery by chance would have to meet are 64 bits. */
    private static long digest(byte @Nullable [] key, byte[] value) {
        CRC32 one = new CRC32();
        CRC32C two = new CRC32C();
        if (key != null) {
            one.update(key);
            two.update(key);
        }
        one.update(value);
        two.update(value);
        return (one.getValue() << 32) | two.getValue();
    }

    private String broken(Source source, Place place) {
        String last = lastPosition.length == 0
                ? "none yet"
                : Position.of(lastPosition).toString();
        return "expected sequence " + next + ", found " + source.sequence() + " at " + place + " (source position "
                + source.position() + ", last handled " + last + ")";
    }

    private SluiceException refused(String what) {
        return SluiceException.of(ErrorKind.REFUSED, "lane " + lane + " stopped: " + what);
    }
}
