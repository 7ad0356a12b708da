package dev.sluice.cli.config;

/** A value that is never printed. */
public record Secret(String reveal) {
    @Override
    public String toString() {
        return "***";
    }
}
