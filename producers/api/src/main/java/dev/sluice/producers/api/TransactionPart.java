package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import java.time.Instant;
import java.util.List;

/**
 * A whole source transaction, or a piece of one that is too large to hold at once.
 *
 * @param id the source's name of the transaction; the same in all its parts
 * @param committedAt when the source committed
 * @param records never empty
 * @param end the source continues behind this part when it is opened here
 * @param last whether the transaction ends with this part
 */
public record TransactionPart(String id, Instant committedAt, List<SourceRecord> records, Position end, boolean last) {
    public TransactionPart {
        records = List.copyOf(records);
        if (records.isEmpty()) {
            throw new IllegalArgumentException("transaction " + id + " has a part without records");
        }
    }
}
