package dev.sluice.cli.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.cli.deadletters.Masks;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Content;
import dev.sluice.sinks.postgresql.control.RowOutcomes;
import java.util.List;
import java.util.Optional;

/**
 * What is reported, and what of it may be shown.
 *
 * @param pipeline its name
 * @param showValues of dead letters the rows as well
 */
record Report(String pipeline, RowOutcomes outcomes, MaskedKeys keys, Masks masks, boolean showValues) {
    List<String> keys(TableId table, List<String> samples) {
        return samples.stream().map(key -> keys.shown(table, key)).toList();
    }

    String key(Content letter) {
        return keys.shown(letter.letter().table(), letter.letter().key());
    }

    /** Empty where nobody asked, or its format has no columns by name. */
    Optional<ObjectNode> row(Content letter) {
        return showValues ? masks.row(letter) : Optional.empty();
    }
}
