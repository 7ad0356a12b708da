package dev.sluice.sinks.postgresql.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NewestTest {
    private final Newest newest = new Newest();
    private long sequence;

    private Entry add(String table, String key, String... unchanged) {
        Entry entry =
                new Entry(table, key, ++sequence, Set.of(unchanged), key.equals("[]"), 0, new byte[0], new byte[0]);
        newest.add(entry);
        return entry;
    }

    @Test
    void aWholeVersionReplacesEverythingOlderOfItsRow() {
        add("a", "[1]");
        add("a", "[1]", "x");
        Entry other = add("a", "[2]");
        Entry last = add("a", "[1]");
        assertThat(newest.entries()).containsExactlyInAnyOrder(other, last);
    }

    @Test
    void aPartialVersionReplacesThoseThatBringNoMore() {
        Entry whole = add("a", "[1]");
        add("a", "[1]", "x", "y");
        Entry narrow = add("a", "[1]", "x");
        Entry other = add("a", "[1]", "y");
        assertThat(newest.entries()).containsExactly(whole, narrow, other);
        Entry again = add("a", "[1]", "x");
        assertThat(newest.entries()).containsExactly(whole, other, again);
    }

    @Test
    void aTruncateReplacesEverythingOfItsTable() {
        add("a", "[1]");
        Entry other = add("b", "[1]");
        Entry truncate = add("a", "[]");
        Entry later = add("a", "[2]");
        assertThat(newest.entries()).containsExactlyInAnyOrder(other, truncate, later);
        assertThat(newest.truncated()).isEqualTo(Map.of("a", truncate.sequence()));
    }

    static long[] seeds() {
        return new Random().longs(20).toArray();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void whatIsKeptMakesTheSameRowsAsEverything(long seed) {
        Random random = new Random(seed);
        List<Entry> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String table = random.nextBoolean() ? "a" : "b";
            if (random.nextInt(30) == 0) {
                all.add(add(table, "[]"));
            } else {
                List<String> unchanged = List.of("x", "y", "z").stream()
                        .filter(c -> random.nextInt(3) == 0)
                        .toList();
                all.add(add(table, "[" + random.nextInt(5) + "]", unchanged.toArray(String[]::new)));
            }
        }
        List<Entry> kept = newest.entries().stream()
                .sorted(Comparator.comparingLong(Entry::sequence))
                .toList();
        assertThat(rows(kept)).isEqualTo(rows(all));
        assertThat(kept).hasSizeLessThan(2 * 5 * 8 + 3);
    }

    /** Which version each column of each row has. */
    private static Map<String, Map<String, Long>> rows(List<Entry> entries) {
        Map<String, Map<String, Long>> rows = new TreeMap<>();
        for (Entry entry : entries) {
            String row = entry.table() + entry.key();
            if (entry.truncates()) {
                rows.keySet().removeIf(name -> name.startsWith(entry.table()));
            } else if (entry.unchanged().isEmpty()) {
                rows.put(row, versions(Set.of("x", "y", "z"), entry.sequence()));
            } else if (rows.containsKey(row)) {
                Set<String> brought = Set.of("x", "y", "z").stream()
                        .filter(column -> !entry.unchanged().contains(column))
                        .collect(Collectors.toSet());
                rows.get(row).putAll(versions(brought, entry.sequence()));
            }
        }
        return rows;
    }

    private static Map<String, Long> versions(Set<String> columns, long sequence) {
        return columns.stream()
                .collect(Collectors.toMap(column -> column, column -> sequence, (a, b) -> b, TreeMap::new));
    }

    @Test
    void upsertsStandParentsFirstInTheirRoundsAndDeletesLastChildrenFirst() {
        TableId parent = TableId.parse("parents");
        TableId child = TableId.parse("children");
        Ranks ranks = new Ranks(List.of(parent, child));
        assertThat(List.of(
                        ranks.upsert(parent),
                        ranks.upsert(child),
                        ranks.upsert(parent) + Ranks.step(),
                        ranks.delete(child),
                        ranks.delete(parent)))
                .isSorted();
        assertThat(Ranks.round(ranks.upsert(child) + 3 * Ranks.step())).isEqualTo(3);
        assertThat(Ranks.round(ranks.delete(child))).isEqualTo(-1);
        assertThat(Ranks.MARK).isLessThan(ranks.upsert(parent));
    }
}
