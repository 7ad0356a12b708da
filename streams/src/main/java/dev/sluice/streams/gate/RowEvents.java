package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Table;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes events of rows where the gate needs one that the source never wrote. */
public interface RowEvents {
    /**
     * @param earlier value of the earlier event
     * @param partial value of the newer one, which names the columns that it leaves out
     * @return value of an event with the newer one's origin, and the earlier one's values where it leaves a column out
     */
    byte[] merge(byte[] earlier, byte[] partial);

    /** The value of an upsert with other values in some columns, whether it delivered them or not. */
    byte[] with(byte[] upsert, Map<String, @Nullable Object> columns);

    /**
     * A delete of one row.
     *
     * @param cause value of the event that brings it about, whose origin and transaction it has
     * @param key by column of the primary key
     */
    LaneRecord delete(LaneRecord cause, Table table, Map<String, Object> key);

    /**
     * An update of some columns of one row.
     *
     * @param columns new values by column, without the key's
     */
    LaneRecord update(LaneRecord cause, Table table, Map<String, Object> key, Map<String, @Nullable Object> columns);
}
