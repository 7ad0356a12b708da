package dev.sluice.schemas.event;

/**
 * A value that a rule of the configuration made another one: the source's own is not in the event any more.
 *
 * @param rule what was done, e.g. {@code truncate}; without a colon
 * @param column the target's name
 */
public record Transformed(String rule, String column) {
    /** A reference is NULL because its parent is missing; the row is written in full when it comes. */
    public static final String SET_NULL = "set-null";

    public Transformed {
        if (rule.isEmpty() || rule.indexOf(':') >= 0) {
            throw new IllegalArgumentException("'" + rule + "' is no name of a rule");
        }
    }

    /** {@code rule:column}, as it stands in an event. */
    String text() {
        return rule + ':' + column;
    }

    static Transformed parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("'" + text + "' does not say which rule changed which column");
        }
        return new Transformed(text.substring(0, colon), text.substring(colon + 1));
    }
}
