package dev.sluice.cli.binding;

import dev.sluice.schemas.relational.LogicalType;
import java.util.Locale;
import java.util.Set;

/**
 * Pairs of a declared source type and a target type of which no value can ever be converted. SQLite's declared types promise little, so everything that
 * might work is left to the values themselves.
 */
final class TypePairs {
    private static final Set<LogicalType> NOT_FROM_BYTES = Set.of(
            LogicalType.BOOLEAN,
            LogicalType.INT16,
            LogicalType.INT32,
            LogicalType.INT64,
            LogicalType.FLOAT32,
            LogicalType.FLOAT64,
            LogicalType.DECIMAL,
            LogicalType.DATE,
            LogicalType.TIME,
            LogicalType.TIMESTAMP,
            LogicalType.TIMESTAMPTZ);
    private static final Set<LogicalType> NOT_FROM_NUMBERS = Set.of(LogicalType.UUID, LogicalType.BYTES);

    private TypePairs() {}

    static boolean impossible(String declaredType, LogicalType target) {
        String declared = declaredType.toUpperCase(Locale.ROOT);
        if (declared.contains("BLOB") || declared.contains("BYTEA") || declared.contains("BINARY")) {
            return NOT_FROM_BYTES.contains(target);
        }
        boolean number = declared.contains("INT")
                || declared.contains("REAL")
                || declared.contains("FLOA")
                || declared.contains("DOUB");
        return number && NOT_FROM_NUMBERS.contains(target);
    }
}
