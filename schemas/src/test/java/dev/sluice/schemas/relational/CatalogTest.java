package dev.sluice.schemas.relational;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CatalogTest {
    @Test
    void parentsComeBeforeChildren() {
        Catalog catalog = Catalog.of(List.of(table("a", "b", "c"), table("b", "c"), table("c"), table("d", "a")));
        assertThat(names(catalog)).containsExactly("c", "b", "a", "d");
    }

    @Test
    void cyclesSelfReferencesAndForeignParentsDoNotLoseATable() {
        Catalog catalog = Catalog.of(List.of(table("a", "b"), table("b", "a"), table("c", "c", "elsewhere")));
        assertThat(names(catalog)).containsExactlyInAnyOrder("a", "b", "c");
    }

    @Test
    void aTableKnowsItsColumnsAndRefusesImpossibleOnes() {
        Table table = table("a");
        assertThat(table.keyIndexes()).containsExactly(0);
        assertThat(table.indexOf("nothing")).isEqualTo(-1);
        assertThatThrownBy(() -> table.indexesOf(List.of("nothing")))
                .hasMessageContaining("public.a has no column nothing");
        assertThatThrownBy(() -> new Table(table.id(), table.columns(), List.of("x"), List.of(), List.of()))
                .hasMessageContaining("needs a key");
        assertThatThrownBy(() -> Catalog.of(List.of(table, table))).hasMessageContaining("twice");
    }

    @Test
    void aTableIdIsParsedWithPublicAsDefaultSchema() {
        assertThat(TableId.parse("x")).isEqualTo(new TableId("public", "x"));
        assertThat(TableId.parse("s.x.y")).isEqualTo(new TableId("s", "x.y"));
    }

    private static List<String> names(Catalog catalog) {
        return catalog.parentsFirst().stream().map(t -> t.id().name()).toList();
    }

    private static Table table(String name, String... parents) {
        return new Table(
                TableId.parse(name),
                List.of(new Column("id", LogicalType.INT64, "bigint", false, false)),
                List.of("id"),
                List.of(),
                Arrays.stream(parents)
                        .map(p -> new ForeignKey(
                                name + "_" + p, List.of("id"), TableId.parse(p), List.of("id"), false, false))
                        .toList());
    }
}
