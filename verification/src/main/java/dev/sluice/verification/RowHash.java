package dev.sluice.verification;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** Hash of a row in canonical form. Not thread-safe. */
final class RowHash {
    private final MessageDigest digest;
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

    RowHash() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    Checksum of(@Nullable Object[] canonicalRow) {
        for (Object value : canonicalRow) {
            add(value);
        }
        ByteBuffer hash = ByteBuffer.wrap(digest.digest());
        return new Checksum(hash.getLong(), hash.getLong());
    }

    private void add(@Nullable Object value) {
        if (value == null) {
            digest.update((byte) 0);
        } else if (value instanceof Long || value instanceof Integer) {
            digest.update((byte) 1);
            digest.update(number.clear().putLong(((Number) value).longValue()).array());
        } else if (value instanceof ByteBuffer bytes) {
            addBytes(bytes.duplicate());
        } else {
            byte[] text = value.toString().getBytes(StandardCharsets.UTF_8);
            digest.update((byte) 3);
            digest.update(number.clear().putLong(text.length).array());
            digest.update(text);
        }
    }

    /** With its length, so that neighbouring values cannot trade bytes. */
    private void addBytes(ByteBuffer bytes) {
        digest.update((byte) 2);
        digest.update(number.clear().putLong(bytes.remaining()).array());
        digest.update(bytes);
    }
}
