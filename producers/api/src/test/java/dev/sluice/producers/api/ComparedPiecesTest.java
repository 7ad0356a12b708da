package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.NOTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ComparedPiecesTest {
    private final ComparedPieces pieces = new ComparedPieces(16 << 20);

    private static List<Object[]> keys(String... keys) {
        return Stream.of(keys).map(key -> new Object[] {key}).toList();
    }

    private static SourceRecord note(String id, String body) {
        return SourceRecord.Row.upsert(NOTES, Op.READ, new Object[] {id, body});
    }

    private static SourceRecord refused(String key) {
        return new SourceRecord.Refused(
                NOTES.id(), Op.READ, key, "body", "nul-character", "has a NUL", new byte[0], "list/1");
    }

    private static SourceRecord gone(String id) {
        return SourceRecord.Row.delete(NOTES, new Object[] {id, null});
    }

    @Test
    void everyKeyIsARowOrNoneOrRefused() {
        Compared found = pieces.of(
                        NOTES,
                        keys("a", "b", "c", "d", "e", "f"),
                        List.of(
                                note("a", "é\"\\"),
                                gone("b"),
                                note("c", "1"),
                                note("c", "2"),
                                refused("[\"d\"]"),
                                refused("as the source spells e"),
                                gone("f")))
                .get(0);
        assertThat(found.rows())
                .isEqualTo(Map.of(
                        "[\"a\"]", Optional.of("[\"a\",\"é\\\"\\\\\"]"),
                        "[\"b\"]", Optional.empty(),
                        "[\"f\"]", Optional.empty()));
        assertThat(found.refused())
                .isEqualTo(Map.of("[\"c\"]", "several-rows", "[\"d\"]", "nul-character", "[\"e\"]", "nul-character"));
    }

    @Test
    void aRefusedRowBesideAnotherOfTheSameKeyIsOneOfSeveral() {
        Compared found = pieces.of(NOTES, keys("a", "b"), List.of(note("a", "1"), refused("[\"a\"]"), gone("b")))
                .get(0);
        assertThat(found.refused()).isEqualTo(Map.of("[\"a\"]", "several-rows"));
        assertThat(found.rows()).containsOnlyKeys("[\"b\"]");
    }

    @Test
    void rowsAreSpreadOverPiecesOfAMebibyteAndALargeOneHasItsOwn() {
        List<Object[]> keys = new ArrayList<>();
        List<SourceRecord> records = new ArrayList<>();
        IntStream.range(0, 300).forEach(i -> {
            keys.add(new Object[] {"n" + i});
            records.add(note("n" + i, "\"".repeat(i == 150 ? 2 << 20 : 5_000)));
        });
        List<Compared> found = pieces.of(NOTES, keys, records);
        List<String> said = new ArrayList<>();
        for (Compared piece : found) {
            said.addAll(piece.rows().keySet());
            int bytes = piece.attributes().get("compared").getBytes(StandardCharsets.UTF_8).length;
            assertThat(bytes).isLessThan(piece.rows().containsKey("[\"n150\"]") ? 9 << 20 : 1 << 20);
        }
        assertThat(found).hasSizeBetween(7, 12);
        assertThat(said)
                .containsExactlyElementsOf(
                        keys.stream().map(key -> "[\"" + key[0] + "\"]").toList());
    }

    @Test
    void aRowThatNoEventCanHoldIsRefused() {
        ComparedPieces small = new ComparedPieces(4096);
        Compared found = small.of(NOTES, keys("a", "b"), List.of(note("a", "x".repeat(4_000)), note("b", "x")))
                .get(0);
        assertThat(found.refused()).isEqualTo(Map.of("[\"a\"]", "too-large"));
        assertThat(found.rows()).containsOnlyKeys("[\"b\"]");
        assertThatThrownBy(() -> small.requireRoom(NOTES, new Object[] {"secret".repeat(400)}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("public.notes")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
        small.requireRoom(NOTES, new Object[] {"a"});
    }

    @Test
    void aDecimalKeyIsFoundHoweverManyZerosItEndsWith() {
        Table table = new Table(
                new TableId("public", "t"),
                List.of(new Column("k", LogicalType.DECIMAL, "numeric", false, false)),
                List.of("k"),
                List.of(),
                List.of());
        Object[] asked = {"1.50"};
        SourceRecord row = SourceRecord.Row.upsert(table, Op.READ, new Object[] {"1.5"});
        assertThat(pieces.of(table, List.of(asked, new Object[] {"2"}), List.of(row, row))
                        .get(0))
                .isEqualTo(new Compared(Map.of("[\"2\"]", Optional.empty()), Map.of("[\"1.50\"]", "several-rows")));
        assertThat(pieces.of(table, List.<Object[]>of(asked), List.of(row))
                        .get(0)
                        .rows())
                .isEqualTo(Map.of("[\"1.50\"]", Optional.of("[\"1.5\"]")));
    }
}
