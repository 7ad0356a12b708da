package dev.sluice.sinks.postgresql.replay;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What of some records, added in their order, still shows: of each row the newest whole version, and behind it partial ones that no newer one covers. Pure.
 */
final class Newest {
    private final Map<Row, List<Entry>> entries = new LinkedHashMap<>();
    private final Map<String, Long> truncated = new HashMap<>();

    private record Row(String table, String key) {}

    void add(Entry entry) {
        if (entry.truncates()) {
            truncate(entry.table(), entry.sequence());
        }
        List<Entry> row = entries.computeIfAbsent(new Row(entry.table(), entry.key()), r -> new ArrayList<>());
        row.removeIf(entry::replaces);
        row.add(entry);
    }

    /** As the sink does it: what stands under the truncate's own sequence stays. */
    private void truncate(String table, long sequence) {
        truncated.put(table, sequence);
        for (Map.Entry<Row, List<Entry>> row : entries.entrySet()) {
            if (row.getKey().table().equals(table)) {
                row.getValue().removeIf(entry -> entry.sequence() < sequence);
            }
        }
        entries.values().removeIf(List::isEmpty);
    }

    List<Entry> entries() {
        return entries.values().stream().flatMap(Collection::stream).toList();
    }

    /** By table, the sequence before which nothing shows any more. */
    Map<String, Long> truncated() {
        return Map.copyOf(truncated);
    }
}
