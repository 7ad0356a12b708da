package dev.sluice.producers.api;

import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Table;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Records and writes in one notation, so that lists of them compare. Create and update are the same: not every store tells them apart. */
final class RecordText {
    private RecordText() {}

    static String of(SourceRecord record) {
        if (!(record instanceof SourceRecord.Row row)) {
            return "refused " + record.tableId();
        }
        if (row.op() == Op.TRUNCATE) {
            return truncate(row.table());
        }
        return row.op() == Op.DELETE
                ? delete(row.table(), key(row.table(), row.before()))
                : put(row.table(), row.after());
    }

    static List<String> of(List<TransactionPart> parts) {
        return parts.stream()
                .flatMap(part -> part.records().stream())
                .map(RecordText::of)
                .toList();
    }

    static List<String> ofWrites(Collection<? extends Write> writes) {
        List<String> texts = new ArrayList<>();
        for (Write write : writes) {
            if (write instanceof Write.Insert insert) {
                texts.add(put(write.table(), insert.row().toArray()));
            } else if (write instanceof Write.Update update) {
                texts.add(put(write.table(), update.row().toArray()));
            } else if (write instanceof Write.Delete delete) {
                texts.add(delete(write.table(), KeyText.of(delete.key().toArray())));
            } else if (write instanceof Write.ChangeKey change) {
                texts.add(delete(write.table(), KeyText.of(change.key().toArray())));
                texts.add(put(write.table(), change.row().toArray()));
            } else {
                texts.add(truncate(write.table()));
            }
        }
        return texts;
    }

    /** {@link KeyText} of a row's key. */
    static String key(Table table, Object[] row) {
        int[] indexes = table.keyIndexes();
        Object[] key = new Object[indexes.length];
        for (int i = 0; i < indexes.length; i++) {
            key[i] = row[indexes[i]];
        }
        return KeyText.of(key);
    }

    private static String put(Table table, Object[] row) {
        return "put " + table.id().name() + " " + KeyText.of(row);
    }

    private static String delete(Table table, String key) {
        return "delete " + table.id().name() + " " + key;
    }

    private static String truncate(Table table) {
        return "truncate " + table.id().name();
    }
}
