package dev.sluice.verification;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** Chooses the same keys on both sides, and at each run: those whose hash is small enough. */
final class Sampling {
    private static final long HASHES = 1L << 32;

    private final double percent;

    Sampling(double percent) {
        this.percent = percent;
    }

    boolean takesAll() {
        return percent >= 100;
    }

    boolean takes(String key) {
        if (takesAll()) {
            return true;
        }
        CRC32C hash = new CRC32C();
        hash.update(key.getBytes(StandardCharsets.UTF_8));
        return hash.getValue() < HASHES * percent / 100;
    }
}
