package dev.sluice.cli.verify;

import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.List;

/**
 * What a comparison was not about, and what nobody could know while it ran.
 *
 * @param tables so many are captured
 * @param notCompared those among them that were left out
 * @param checksNotMade names of configured checks by SQL that were left out
 * @param startedMeanwhile whether the pipeline was started in the middle of a comparison at rest, so that what differs may only have been under way
 */
record Coverage(int tables, List<TableId> notCompared, List<String> checksNotMade, boolean startedMeanwhile) {
    Coverage {
        notCompared = List.copyOf(notCompared);
        checksNotMade = List.copyOf(checksNotMade);
    }

    boolean isWhole() {
        return notCompared.isEmpty() && checksNotMade.isEmpty();
    }

    /** For the end of a sentence; empty where nothing was left out. */
    String leftOut() {
        List<String> parts = new ArrayList<>();
        if (!notCompared.isEmpty()) {
            parts.add((tables - notCompared.size()) + " of " + tables + (tables == 1 ? " table" : " tables"));
        }
        if (!checksNotMade.isEmpty()) {
            parts.add(
                    checksNotMade.size() == 1
                            ? "1 check was not made"
                            : checksNotMade.size() + " checks were not made");
        }
        return parts.isEmpty() ? "" : " (" + String.join(", ", parts) + ")";
    }
}
