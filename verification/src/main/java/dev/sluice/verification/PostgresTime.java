package dev.sluice.verification;

import dev.sluice.schemas.relational.LogicalType;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Dates and times in PostgreSQL's binary form: days or microseconds since 2000-01-01, big-endian; the largest and the smallest number are infinite. */
final class PostgresTime {
    private static final int EPOCH_DAYS = 10_957;
    private static final long EPOCH_MICROS = EPOCH_DAYS * 86_400_000_000L;

    private PostgresTime() {}

    /** As the logical type travels. */
    static @Nullable Object read(LogicalType type, byte @Nullable [] sent) {
        if (sent == null) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.wrap(sent);
        return switch (type) {
            case DATE -> date(bytes.getInt());
            case TIME -> bytes.getLong();
            default -> timestamp(bytes.getLong());
        };
    }

    private static int date(int days) {
        return days == Integer.MAX_VALUE || days == Integer.MIN_VALUE ? days : days + EPOCH_DAYS;
    }

    private static long timestamp(long micros) {
        return micros == Long.MAX_VALUE || micros == Long.MIN_VALUE ? micros : micros + EPOCH_MICROS;
    }
}
