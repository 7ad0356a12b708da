package dev.sluice.producers.api;

import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.RowText;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a read by key has found, as compare events say it: every key in exactly one of them, none larger than an event may be. */
final class ComparedPieces {
    /** Whoever asks holds an event in memory, and so does the sink. */
    private static final long PIECE_BYTES = 1L << 20;

    private final long mostBytes;
    private final long mostRowBytes;

    /** @param maxRecordBytes a record is never larger; a fourth of it stays free for what else stands in an event */
    ComparedPieces(int maxRecordBytes) {
        this.mostRowBytes = maxRecordBytes / 4L * 3;
        this.mostBytes = Math.min(PIECE_BYTES, mostRowBytes);
    }

    /** @throws IllegalArgumentException when the key alone is too large for an event */
    void requireRoom(Table table, @Nullable Object[] key) {
        long bytes = Compared.bytes(KeyText.of(key), null);
        if (bytes > mostBytes / 2) {
            throw new IllegalArgumentException("a key of table " + table.id() + " has " + bytes
                    + " bytes; an event can compare keys of at most " + mostBytes / 2);
        }
    }

    /**
     * @param answered the keys that the records are about, in the order of the read, none of them twice by its {@link #sense}
     */
    List<Compared> of(Table table, List<@Nullable Object[]> answered, List<SourceRecord> records) {
        List<Compared> pieces = new ArrayList<>();
        Map<String, Optional<String>> rows = new LinkedHashMap<>();
        Map<String, String> refused = new LinkedHashMap<>();
        long bytes = 0;
        for (Found found : found(table, answered, records)) {
            if (found.bytes() > mostRowBytes) {
                found.refuse(Compared.TOO_LARGE);
            }
            if (bytes > 0 && bytes + found.bytes() > mostBytes) {
                pieces.add(new Compared(rows, refused));
                rows.clear();
                refused.clear();
                bytes = 0;
            }
            bytes += found.bytes();
            if (found.refusal == null) {
                rows.put(found.key, Optional.ofNullable(found.row));
            } else {
                refused.put(found.key, found.refusal);
            }
        }
        pieces.add(new Compared(rows, refused));
        return pieces;
    }

    /** What the source has under one key. */
    private static final class Found {
        private final String key;
        private @Nullable String row;
        private @Nullable String refusal;
        private int records;

        private Found(String key) {
            this.key = key;
        }

        private void add(SourceRecord next) {
            records++;
            if (records > 1) {
                refuse(Compared.SEVERAL_ROWS);
            } else if (next instanceof SourceRecord.Refused refused) {
                refuse(refused.reason());
            } else {
                @Nullable Object[] after = ((SourceRecord.Row) next).after();
                row = after == null ? null : RowText.of(after);
            }
        }

        private void refuse(String reason) {
            refusal = reason;
            row = null;
        }

        private long bytes() {
            return Compared.bytes(key, refusal == null ? row : refusal);
        }
    }

    private static List<Found> found(Table table, List<@Nullable Object[]> answered, List<SourceRecord> records) {
        List<Found> found = new ArrayList<>();
        Map<String, Integer> places = new HashMap<>();
        for (@Nullable Object[] key : answered) {
            places.put(sense(table, key), found.size());
            found.add(new Found(KeyText.of(key)));
        }
        int place = -1;
        for (SourceRecord next : records) {
            place = place(places.get(sense(table, next)), place, found);
            found.get(place).add(next);
        }
        return found;
    }

    /** A row that cannot be converted may have the source's own spelling of its key: then it is the next key's, for they come in their order. */
    private static int place(@Nullable Integer known, int before, List<Found> found) {
        if (known != null) {
            return known;
        }
        boolean isNext = before + 1 < found.size() && found.get(before + 1).records == 0;
        return isNext ? before + 1 : before;
    }

    private static String sense(Table table, SourceRecord found) {
        if (found instanceof SourceRecord.Refused refused) {
            return sense(table, refused.key());
        }
        SourceRecord.Row row = (SourceRecord.Row) found;
        @Nullable Object[] values = Objects.requireNonNullElse(row.after(), row.before());
        int[] indexes = table.keyIndexes();
        @Nullable Object[] key = new @Nullable Object[indexes.length];
        for (int i = 0; i < key.length; i++) {
            key[i] = values[indexes[i]];
        }
        return sense(table, key);
    }

    private static String sense(Table table, String keyText) {
        try {
            return sense(table, KeyText.parse(table, keyText));
        } catch (IllegalArgumentException e) {
            // The source's own spelling.
            return keyText;
        }
    }

    /** One text for all keys that are the same to a database: decimals do not differ by zeros at their end. */
    static String sense(Table table, @Nullable Object[] key) {
        @Nullable Object[] sense = key.clone();
        int[] indexes = table.keyIndexes();
        for (int i = 0; i < sense.length; i++) {
            boolean decimal = table.columns().get(indexes[i]).type() == LogicalType.DECIMAL;
            if (decimal && sense[i] instanceof String text && Character.isDigit(text.charAt(text.length() - 1))) {
                sense[i] = new BigDecimal(text).stripTrailingZeros().toPlainString();
            }
        }
        return KeyText.of(sense);
    }
}
