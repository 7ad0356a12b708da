package dev.sluice.streams.gate;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.state.ByteWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the gate's columns stand in the rows of one schema version of a table. Not thread-safe. */
final class RowShape {
    private final GatedTable gated;
    private final Table written;
    private final int[] primary;
    private final int[][] references;
    private final int[][] keys;
    private final ByteWriter out = new ByteWriter();

    private RowShape(GatedTable gated, Table written) {
        this.gated = gated;
        this.written = written;
        this.primary = indexes(gated.primary().columns());
        this.references = gated.edges().stream().map(e -> indexes(e.columns())).toArray(int[][]::new);
        this.keys = gated.otherKeys().stream().map(k -> indexes(k.columns())).toArray(int[][]::new);
    }

    /**
     * @param written the table as the event's schema describes it
     * @throws SluiceException when it lacks a column that a key or foreign key needs
     */
    static RowShape of(GatedTable gated, Table written) {
        return new RowShape(gated, written);
    }

    private int[] indexes(List<String> columns) {
        for (String column : columns) {
            if (written.indexOf(column) < 0) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "events of table " + written.id() + " lack column " + column
                                + ", which a key or foreign key needs; capture it, or leave out the tables that refer to it, and prepare anew");
            }
        }
        return written.indexesOf(columns);
    }

    byte[] rowKey(@Nullable Object[] row) {
        KeyImage key = gated.primary().image(row, primary, false, out);
        if (!key.isKey()) {
            throw SluiceException.of(
                    ErrorKind.BUG,
                    "an event of table " + written.id() + " has NULL in its primary key " + written.primaryKey()
                            + ", which its producer should have refused; report it");
        }
        return key.bytes();
    }

    Version version(@Nullable Object[] row) {
        KeyImage[] refers = references.length == 0 ? KeyImage.NONE : new KeyImage[references.length];
        for (int i = 0; i < refers.length; i++) {
            Edge edge = gated.edges().get(i);
            refers[i] =
                    edge.parent().image(row, references[i], edge.foreignKey().matchFull(), out);
        }
        KeyImage[] has = keys.length == 0 ? KeyImage.NONE : new KeyImage[keys.length];
        for (int i = 0; i < has.length; i++) {
            has[i] = gated.otherKeys().get(i).image(row, keys[i], false, out);
        }
        return new Version(refers, has);
    }

    /** The version that a partial upsert makes of an earlier one. */
    Version version(Change partial, Version earlier) {
        boolean[] leftOut = new boolean[written.columns().size()];
        for (int index : written.indexesOf(List.copyOf(partial.unchanged()))) {
            leftOut[index] = true;
        }
        PartialRow row = new PartialRow(partial.after(), leftOut);
        KeyImage[] refers = new KeyImage[references.length];
        for (int i = 0; i < refers.length; i++) {
            Edge edge = gated.edges().get(i);
            boolean full = edge.foreignKey().matchFull();
            refers[i] = edge.parent().image(row, references[i], full, earlier.references()[i], out);
        }
        KeyImage[] has = new KeyImage[keys.length];
        for (int i = 0; i < has.length; i++) {
            has[i] = gated.otherKeys().get(i).image(row, keys[i], false, earlier.keys()[i], out);
        }
        return new Version(refers, has);
    }

    /** The version of a row of which only what a partial upsert delivers is known: a reference that is not delivered whole refers to nothing. */
    Version versionOfUnknown(Change partial) {
        Version known = version(partial.after());
        for (int i = 0; i < references.length; i++) {
            Edge edge = gated.edges().get(i);
            if (edge.columns().stream().anyMatch(partial.unchanged()::contains)) {
                known.references()[i] = edge.parent().nullImage();
            }
        }
        return known;
    }
}
