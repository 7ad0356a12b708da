package dev.sluice.producers.sqlite;

import java.util.Optional;
import java.util.regex.Pattern;

/** Names of everything that a pipeline keeps in the source database. Pipelines on one file do not meet. */
record Names(String pipeline) {
    /** Whatever begins so belongs to Sluice, of whichever pipeline. */
    static final String PREFIX = "_sluice_";

    private static final String META = "_meta";

    static final String BEFORE_INSERT = "before_insert";
    static final String BEFORE_UPDATE = "before_update";
    static final String INSERT = "insert";
    static final String UPDATE = "update";
    static final String DELETE = "delete";

    String log() {
        return PREFIX + pipeline + "_log";
    }

    String meta() {
        return PREFIX + pipeline + META;
    }

    static Optional<String> pipelineOfMeta(String table) {
        boolean meta =
                table.startsWith(PREFIX) && table.endsWith(META) && table.length() > PREFIX.length() + META.length();
        return meta ? Optional.of(table.substring(PREFIX.length(), table.length() - META.length())) : Optional.empty();
    }

    /** Rows that a running statement may be about to replace. */
    String replaced() {
        return PREFIX + pipeline + "_replaced";
    }

    String replacedIndex() {
        return replaced() + "_w";
    }

    String trigger(int number, String kind) {
        return PREFIX + pipeline + "_" + number + "_" + kind;
    }

    boolean isOwnTrigger(String name) {
        return Pattern.matches(
                Pattern.quote(PREFIX + pipeline + "_") + "[0-9]+_(" + BEFORE_INSERT + "|" + BEFORE_UPDATE + "|" + INSERT
                        + "|" + UPDATE + "|" + DELETE + ")",
                name);
    }

    static boolean isSluice(String name) {
        return name.startsWith(PREFIX);
    }
}
