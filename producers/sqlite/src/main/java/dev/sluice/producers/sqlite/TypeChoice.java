package dev.sluice.producers.sqlite;

import dev.sluice.schemas.relational.LogicalType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL type for a column: the declared one where it holds all values, else one that does.
 *
 * @param comment why, when it does not follow from the declared type; null otherwise
 */
record TypeChoice(String nativeType, @Nullable String comment) {
    static final String BIGINT = "bigint";
    static final String TEXT = "text";
    static final String TIMESTAMPTZ = "timestamp with time zone";

    private static final int UUID_HEX = 32;
    private static final int UUID_DASHED = 36;

    static TypeChoice of(String declared, ColumnProfile profile) {
        DeclaredType type = DeclaredType.of(declared);
        Optional<TypeChoice> meant = declared(type, profile);
        if (meant.isPresent()) {
            return meant.get();
        }
        Optional<TypeChoice> mostly = mostly(type, profile);
        if (mostly.isPresent()) {
            return mostly.get();
        }
        TypeChoice choice = stored(profile);
        if (type.kind() == DeclaredType.Kind.NONE) {
            return choice;
        }
        String why = profile.refusal(logicalType(type));
        return new TypeChoice(
                choice.nativeType,
                "decide: declared " + declared + ", but " + (why.isEmpty() ? "the values do not fit" : why)
                        + (choice.comment == null ? "" : "; " + choice.comment));
    }

    /** What the declared type says, when the values agree. */
    private static Optional<TypeChoice> declared(DeclaredType type, ColumnProfile profile) {
        return switch (type.kind()) {
            case BOOLEAN -> when(profile, LogicalType.BOOLEAN, "boolean", null);
            case UUID -> when(profile, LogicalType.UUID, "uuid", refused(profile, LogicalType.UUID));
            case JSON -> when(profile, LogicalType.JSON, "jsonb", null);
            case TIMESTAMP -> timestamp(profile);
            case DATE -> when(profile, LogicalType.DATE, "date", null).or(() -> timestamp(profile));
            case TIME -> when(profile, LogicalType.TIME, "time without time zone", null);
            case INTEGER ->
                when(profile, LogicalType.INT32, "integer", null)
                        .or(() -> when(profile, LogicalType.INT64, BIGINT, "values beyond 32 bits"));
            case ANY_INTEGER -> anyInteger(profile);
            case BIG_INTEGER -> when(profile, LogicalType.INT64, BIGINT, null);
            case REAL -> when(profile, LogicalType.FLOAT64, "double precision", null);
            case DECIMAL -> decimal(type, profile);
            case VARCHAR -> varchar(type, profile);
            case TEXT -> text(profile);
            case BLOB ->
                when(
                        profile,
                        LogicalType.BYTES,
                        "bytea",
                        profile.hasText() ? "holds text too; it becomes its UTF-8 bytes" : null);
            case NONE -> Optional.empty();
        };
    }

    /** What the declared type says where but a few values disagree: one mistake among many rows should not cost the column its type. */
    private static Optional<TypeChoice> mostly(DeclaredType type, ColumnProfile profile) {
        LogicalType logical = logicalType(type);
        Optional<String> nativeType =
                switch (type.kind()) {
                    case BOOLEAN -> Optional.of("boolean");
                    case UUID -> Optional.of("uuid");
                    case JSON -> Optional.of("jsonb");
                    case TIMESTAMP -> Optional.of(TIMESTAMPTZ);
                    case DATE -> Optional.of("date");
                    case TIME -> Optional.of("time without time zone");
                    case INTEGER, ANY_INTEGER, BIG_INTEGER -> Optional.of(BIGINT);
                    case REAL -> Optional.of("double precision");
                    case DECIMAL -> Optional.of("numeric");
                    case VARCHAR, TEXT, BLOB, NONE -> Optional.empty();
                };
        return nativeType
                .filter(name -> profile.mostlyFits(logical))
                .map(name -> new TypeChoice(name, decision(profile, logical)));
    }

    private static String decision(ColumnProfile profile, LogicalType type) {
        return "decide: " + profile.refused(type) + " of " + profile.values()
                + " values read do not fit and are refused with their rows, unless a rule of the column says otherwise: "
                + profile.refusal(type);
    }

    private static Optional<TypeChoice> when(
            ColumnProfile profile, LogicalType type, String nativeType, @Nullable String comment) {
        return profile.fits(type) ? Optional.of(new TypeChoice(nativeType, comment)) : Optional.empty();
    }

    private static Optional<TypeChoice> timestamp(ColumnProfile profile) {
        String comment = "text without an offset is read as UTC"
                + (profile.hasIntegers() ? "; integers as Unix time in seconds, milliseconds or microseconds" : "");
        return when(profile, LogicalType.TIMESTAMPTZ, TIMESTAMPTZ, comment);
    }

    /** With values that all have 32 bits INTEGER is taken for what its author meant; without values nothing is known. */
    private static Optional<TypeChoice> anyInteger(ColumnProfile profile) {
        if (!profile.isEmpty() && profile.fits(LogicalType.INT32)) {
            return Optional.of(new TypeChoice("integer", null));
        }
        return when(profile, LogicalType.INT64, BIGINT, null);
    }

    private static Optional<TypeChoice> decimal(DeclaredType type, ColumnProfile profile) {
        if (type.first() <= 0) {
            return when(profile, LogicalType.DECIMAL, "numeric", null);
        }
        int scale = Math.max(type.second(), 0);
        String limited = "numeric(" + type.first() + "," + scale + ")";
        return profile.fitsDecimal(type.first(), scale)
                ? when(profile, LogicalType.DECIMAL, limited, null)
                : when(profile, LogicalType.DECIMAL, "numeric", "values with more digits than " + limited + " holds");
    }

    private static Optional<TypeChoice> varchar(DeclaredType type, ColumnProfile profile) {
        boolean uuidLength = type.first() == UUID_DASHED || type.first() == UUID_HEX;
        if (uuidLength && !profile.isEmpty() && profile.fits(LogicalType.UUID)) {
            return Optional.of(new TypeChoice("uuid", "all values read are uuids"));
        }
        if (!profile.fits(LogicalType.TEXT)) {
            return text(profile);
        }
        return Optional.of(
                profile.maxLength() <= type.first()
                        ? new TypeChoice("character varying(" + type.first() + ")", null)
                        : new TypeChoice(
                                TEXT,
                                "decide: values of up to " + profile.maxLength() + " characters, declared "
                                        + type.first()));
    }

    /** Text that PostgreSQL cannot hold does not turn the others into bytes: its rows are refused. Blobs do. */
    private static Optional<TypeChoice> text(ColumnProfile profile) {
        return profile.hasBlobs()
                ? Optional.empty()
                : Optional.of(new TypeChoice(TEXT, refused(profile, LogicalType.TEXT)));
    }

    private static @Nullable String refused(ColumnProfile profile, LogicalType type) {
        String refusal = profile.refusal(type);
        return refusal.isEmpty() ? null : "decide: rows will be refused: " + refusal;
    }

    /** What the storage classes say. */
    private static TypeChoice stored(ColumnProfile profile) {
        if (profile.isEmpty()) {
            return new TypeChoice(TEXT, "no declared type and no values");
        } else if (profile.hasOnlyNumbers() && profile.fits(LogicalType.INT64)) {
            return new TypeChoice(BIGINT, null);
        } else if (profile.hasOnlyNumbers() && profile.fits(LogicalType.FLOAT64)) {
            return new TypeChoice("double precision", null);
        } else if (profile.hasOnlyNumbers()) {
            return new TypeChoice("numeric", null);
        } else if (profile.hasOnlyBlobs()) {
            return new TypeChoice("bytea", null);
        } else if (profile.fits(LogicalType.TEXT)) {
            return new TypeChoice(TEXT, null);
        } else if (profile.fits(LogicalType.BYTES)) {
            return new TypeChoice("bytea", "text becomes its UTF-8 bytes");
        }
        return new TypeChoice(TEXT, "decide: rows will be refused: " + profile.refusal(LogicalType.TEXT));
    }

    private static LogicalType logicalType(DeclaredType type) {
        return switch (type.kind()) {
            case BOOLEAN -> LogicalType.BOOLEAN;
            case UUID -> LogicalType.UUID;
            case JSON -> LogicalType.JSON;
            case TIMESTAMP -> LogicalType.TIMESTAMPTZ;
            case DATE -> LogicalType.DATE;
            case TIME -> LogicalType.TIME;
            case INTEGER, ANY_INTEGER, BIG_INTEGER -> LogicalType.INT64;
            case REAL -> LogicalType.FLOAT64;
            case DECIMAL -> LogicalType.DECIMAL;
            case VARCHAR, TEXT, NONE -> LogicalType.TEXT;
            case BLOB -> LogicalType.BYTES;
        };
    }
}
