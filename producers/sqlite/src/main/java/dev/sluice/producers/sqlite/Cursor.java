package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.StoredValue.RawText;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Where a snapshot of a table goes on: the last row's values in the scan's order, each in its storage class. */
final class Cursor {
    private static final byte VERSION = 1;
    private static final byte NULL = 0;
    private static final byte INTEGER = 1;
    private static final byte REAL = 2;
    private static final byte TEXT = 3;
    private static final byte BLOB = 4;
    private static final byte RAW_TEXT = 5;

    private Cursor() {}

    static byte[] encode(ScanOrder order, @Nullable Object[] values) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            write(out, RAW_TEXT, order.orderBy(0).getBytes(StandardCharsets.UTF_8));
            for (Object value : values) {
                write(out, value);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void write(DataOutputStream out, @Nullable Object value) throws IOException {
        if (value == null) {
            out.writeByte(NULL);
        } else if (value instanceof Long l) {
            out.writeByte(INTEGER);
            out.writeLong(l);
        } else if (value instanceof Double d) {
            out.writeByte(REAL);
            out.writeDouble(d);
        } else if (value instanceof byte[] array) {
            write(out, BLOB, array);
        } else if (value instanceof RawText rawText) {
            write(out, RAW_TEXT, rawText.bytes());
        } else {
            write(out, TEXT, ((String) value).getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void write(DataOutputStream out, byte storageClass, byte[] bytes) throws IOException {
        out.writeByte(storageClass);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static @Nullable Object[] decode(String table, ScanOrder order, byte[] cursor) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(cursor))) {
            int version = in.readByte();
            if (version != VERSION) {
                throw refused(table, "has layout " + version + ", this version knows " + VERSION);
            }
            Object readIn = read(in);
            String written =
                    readIn instanceof RawText rawText ? new String(rawText.bytes(), StandardCharsets.UTF_8) : "";
            if (!written.equals(order.orderBy(0))) {
                throw refused(
                        table,
                        "was written for the order " + written + ", the table is now read in the order "
                                + order.orderBy(0));
            }
            @Nullable Object[] values = new @Nullable Object[order.terms().size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = read(in);
            }
            return values;
        } catch (IOException e) {
            throw refused(table, "is cut off");
        }
    }

    private static @Nullable Object read(DataInputStream in) throws IOException {
        byte storageClass = in.readByte();
        return switch (storageClass) {
            case NULL -> null;
            case INTEGER -> in.readLong();
            case REAL -> in.readDouble();
            case TEXT -> new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
            case BLOB -> in.readNBytes(in.readInt());
            case RAW_TEXT -> new RawText(in.readNBytes(in.readInt()));
            default -> throw new IOException("unknown storage class " + storageClass);
        };
    }

    private static SluiceException refused(String table, String problem) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                "the snapshot of table " + table + " cannot go on: its cursor " + problem
                        + "; backfill the table from its beginning");
    }
}
