package dev.sluice.runtime;

import org.jspecify.annotations.Nullable;

/**
 * The one exception an operator sees. Its message names the thing, what was expected, what was found and the next step; it never holds a
 * secret or a row value.
 */
public final class SluiceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorKind kind;

    private SluiceException(ErrorKind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public static SluiceException of(ErrorKind kind, String message) {
        return new SluiceException(kind, message, null);
    }

    public static SluiceException of(ErrorKind kind, String message, Throwable cause) {
        return new SluiceException(kind, message, cause);
    }

    public ErrorKind kind() {
        return kind;
    }
}
