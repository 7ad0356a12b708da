package dev.sluice.runtime;

/**
 * One result of {@code check}, {@code preflight} or {@code ready}.
 *
 * @param severity whether a command that depends on it may go on
 * @param code stable, lower-case-with-dashes, e.g. {@code table-without-key}
 * @param subject the thing, e.g. {@code table devices}
 * @param message what was expected and what was found
 * @param action what to do about it
 */
public record Finding(Severity severity, String code, String subject, String message, String action) {
    /** How much a finding matters. */
    public enum Severity {
        ERROR,
        WARNING,
        INFO
    }

    public static Finding error(String code, String subject, String message, String action) {
        return new Finding(Severity.ERROR, code, subject, message, action);
    }

    public static Finding warning(String code, String subject, String message, String action) {
        return new Finding(Severity.WARNING, code, subject, message, action);
    }

    public static Finding info(String code, String subject, String message, String action) {
        return new Finding(Severity.INFO, code, subject, message, action);
    }
}
