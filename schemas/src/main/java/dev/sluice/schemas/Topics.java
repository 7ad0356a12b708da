package dev.sluice.schemas;

import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import java.util.regex.Pattern;

/** Names of a pipeline's topics: {@code <pipeline>.<kind>[.<lane>]}. */
public record Topics(String pipeline) {
    /** The lane of a pipeline that does not split its tables. */
    public static final String MAIN_LANE = LaneLayout.MAIN;

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,62}(\\.reverse)?");

    public Topics {
        if (!NAME.matcher(pipeline).matches()) {
            throw new IllegalArgumentException(
                    "a pipeline's name is 1 to 63 of a-z 0-9 _ - and begins with a letter, not '" + pipeline + "'");
        }
    }

    /** All changes and control events of a lane in their one order. */
    public String changes(String lane) {
        return pipeline + ".changes." + lane;
    }

    /** One record per sequence, in an order that foreign keys accept. */
    public String ordered(String lane) {
        return pipeline + ".ordered." + lane;
    }

    /** Compacted: how far the producer has come. */
    public String producerProgress() {
        return pipeline + ".producer-progress";
    }

    /** Requests to the producer: snapshot, refresh, drain. */
    public String signals() {
        return pipeline + ".signals";
    }

    /** Optional copy of one table's reconciled changes for other consumers; {@code ordered} is the truth. */
    public String table(TableId table) {
        return pipeline + ".table." + LaneLayout.name(table);
    }

    /** Copy of the dead letters for other consumers; the truth is {@code sluice.dead_letters}. */
    public String deadLetters() {
        return pipeline + ".dead-letters";
    }
}
