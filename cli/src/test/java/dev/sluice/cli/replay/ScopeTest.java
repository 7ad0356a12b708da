package dev.sluice.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class ScopeTest {
    private static final StoredLayout LAYOUT = new StoredLayout(List.of(
            new StoredLayout.Lane("orders", tables("public.orders", "public.users"), 1, List.of()),
            new StoredLayout.Lane("tags", tables("public.tags"), 50, List.of("main"))));

    private static NavigableSet<TableId> tables(String... names) {
        NavigableSet<TableId> tables = new TreeSet<>();
        Arrays.stream(names).map(TableId::parse).forEach(tables::add);
        return tables;
    }

    @Test
    void withoutNamesEverythingIsMeant() {
        assertThat(Scope.of(LAYOUT, List.of(), null).lanes()).containsOnlyKeys("orders", "tags");
        assertThat(Scope.of(LAYOUT, List.of(), "orders").tables()).isEqualTo(tables("public.orders", "public.users"));
    }

    @Test
    void namesSayWhichLanesAreMeant() {
        assertThat(Scope.of(LAYOUT, List.of("users", "public.tags"), null).lanes())
                .containsEntry("orders", tables("public.users"))
                .containsEntry("tags", tables("public.tags"));
    }

    @Test
    void aNameWithoutSchemaIsFoundInAnySchema() {
        StoredLayout layout = new StoredLayout(List.of(
                new StoredLayout.Lane("main", tables("shop.orders", "shop.tags", "public.tags"), 1, List.of())));
        assertThat(Scope.of(layout, List.of("orders", "public.tags"), null).tables())
                .isEqualTo(tables("shop.orders", "public.tags"));
        assertThatThrownBy(() -> Scope.of(layout, List.of("tags"), null))
                .hasMessage("--tables: 'tags' may be any of [public.tags, shop.tags]");
    }

    @Test
    void whatIsNotKnownIsRefusedWithTheNearestName() {
        assertThatThrownBy(() -> Scope.of(LAYOUT, List.of("odrers"), null))
                .hasMessage("--tables: no captured table is called 'odrers'; did you mean 'public.orders'?");
        assertThatThrownBy(() -> Scope.of(LAYOUT, List.of(), "tag")).hasMessageContaining("did you mean 'tags'?");
        assertThatThrownBy(() -> Scope.of(LAYOUT, List.of("users"), "tags"))
                .hasMessage("table public.users is in lane orders, not in lane tags");
    }

    @Test
    void aLaneThatOthersWereBeforeIsNotComplete() {
        Scope.of(LAYOUT, List.of("orders"), null).requireComplete(LAYOUT);
        assertThatThrownBy(() -> Scope.of(LAYOUT, List.of("tags"), null).requireComplete(LAYOUT))
                .hasMessageContaining("the tables of lane tags were in main before");
    }
}
