package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.LogicalType;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.chrono.IsoEra;
import java.time.temporal.ChronoField;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** COPY's text format, for every type. */
final class CopyText implements CopyFormat {
    private static final long MICROS = 1_000_000;
    private static final long DAY_MICROS = 86_400 * MICROS;
    /** datetime_field_overflow. */
    private static final String OUT_OF_RANGE = "22008";

    private final BinaryBuffer out = new BinaryBuffer();
    private final StringBuilder line = new StringBuilder();

    @Override
    public String name() {
        return "text";
    }

    @Override
    public BinaryBuffer out() {
        return out;
    }

    @Override
    public void begin() {}

    @Override
    public void end() {}

    @Override
    public void add(BoundTable table, Step.Row row) throws SQLException {
        line.setLength(0);
        for (int i = 0; i < table.columns().size(); i++) {
            add(table.column(i).type(), row.values()[i]);
            line.append('\t');
        }
        byte[] bytes = line.append(row.sequence()).append('\n').toString().getBytes(StandardCharsets.UTF_8);
        out.room(bytes.length).put(bytes);
    }

    private void add(LogicalType type, @Nullable Object value) throws SQLException {
        if (value == null) {
            line.append("\\N");
            return;
        }
        switch (type) {
            case BOOLEAN, INT16, INT32, INT64, FLOAT32, FLOAT64, UUID -> line.append(value);
            case DECIMAL, TEXT, JSON, NATIVE -> escape((String) value);
            case BYTES -> line.append("\\\\x").append(HexFormat.of().formatHex((byte[]) value));
            case DATE -> line.append(date((Integer) value));
            case TIME -> line.append(time((Long) value));
            case TIMESTAMP -> line.append(timestamp((Long) value, ""));
            case TIMESTAMPTZ -> line.append(timestamp((Long) value, "+00"));
        }
    }

    /** What would end the value or the line, or begin an escape. */
    private void escape(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\\' -> line.append("\\\\");
                case '\t' -> line.append("\\t");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                default -> line.append(c);
            }
        }
    }

    /** @param days since 1970-01-01 */
    static String date(int days) {
        if (days == Integer.MAX_VALUE || days == Integer.MIN_VALUE) {
            return days > 0 ? "infinity" : "-infinity";
        }
        LocalDate date = LocalDate.ofEpochDay(days);
        return day(date) + era(date);
    }

    /** @param micros since midnight, which 24:00 ends */
    static String time(long micros) throws SQLException {
        if (micros < 0 || micros > DAY_MICROS) {
            throw new SQLException("a time of day is out of range", OUT_OF_RANGE);
        }
        return micros == DAY_MICROS
                ? "24:00:00"
                : LocalTime.ofNanoOfDay(micros * 1_000).toString();
    }

    /** @param micros since 1970-01-01 00:00 */
    static String timestamp(long micros, String zone) {
        if (micros == Long.MAX_VALUE || micros == Long.MIN_VALUE) {
            return micros > 0 ? "infinity" : "-infinity";
        }
        LocalDateTime time = LocalDateTime.ofEpochSecond(
                Math.floorDiv(micros, MICROS), (int) Math.floorMod(micros, MICROS) * 1_000, ZoneOffset.UTC);
        return day(time.toLocalDate()) + " " + time.toLocalTime() + zone + era(time.toLocalDate());
    }

    /** PostgreSQL has no year 0: before year 1 comes 1 BC. */
    private static String day(LocalDate date) {
        String year = String.valueOf(date.get(ChronoField.YEAR_OF_ERA));
        return "0".repeat(Math.max(0, 4 - year.length())) + year + "-" + two(date.getMonthValue()) + "-"
                + two(date.getDayOfMonth());
    }

    private static String two(int number) {
        return number < 10 ? "0" + number : String.valueOf(number);
    }

    private static String era(LocalDate date) {
        return date.getEra() == IsoEra.BCE ? " BC" : "";
    }
}
