package dev.sluice.cli.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.sluice.cli.config.ForeignKeysSettings;
import dev.sluice.cli.config.GuardMode;
import dev.sluice.cli.config.TableSettings;
import dev.sluice.cli.config.TablesSettings;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

final class BinderTest {
    private final List<SourceTable> source = new ArrayList<>();
    private final List<TargetTable> target = new ArrayList<>();
    private List<String> include = List.of("*");
    private List<String> exclude = List.of();
    private Map<String, TableSettings> settings = Map.of();
    private List<String> ignoredColumns = List.of();

    private Binding bind() {
        return Binder.bind(
                source,
                new TablesSettings(include, exclude, settings),
                ignoredColumns,
                ForeignKeysSettings.NONE,
                false,
                "public",
                target);
    }

    private List<String> codes() {
        return bind().findings().stream().map(Finding::code).toList();
    }

    private void source(String name, List<String> key, String... columns) {
        List<SourceTable.Column> list = Arrays.stream(columns)
                .map(c -> c.split(" ", 2))
                .map(c -> new SourceTable.Column(c[0], c.length > 1 ? c[1] : "TEXT", true, null, false))
                .toList();
        source.add(new SourceTable(name, list, key, List.of(), List.of(), 0, ""));
    }

    private static Column column(String name) {
        return new Column(name, LogicalType.TEXT, "text", true, false);
    }

    private static Column notNull(String name) {
        return new Column(name, LogicalType.TEXT, "text", false, false);
    }

    private void target(String name, List<String> key, List<Column> columns, ForeignKey... foreignKeys) {
        target.add(new TargetTable(
                TableId.parse(name), columns, List.of("computed"), key, List.of(), List.of(foreignKeys)));
    }

    private void both(String name, ForeignKey... foreignKeys) {
        source(name, List.of("id"), "id", "parent");
        target(name, List.of("id"), List.of(notNull("id"), column("parent")), foreignKeys);
    }

    private static ForeignKey to(String parent, boolean deferrable) {
        return new ForeignKey(
                "fk_" + parent, List.of("parent"), TableId.parse(parent), List.of("id"), false, deferrable);
    }

    private static TableSettings named(String targetName) {
        return new TableSettings(Optional.of(targetName), List.of(), List.of(), Map.of(), false, Set.of());
    }

    @Test
    void tablesOfTheSameNamesAreBoundColumnByColumn() {
        source("users", List.of("id"), "name", "id");
        target("users", List.of("id"), List.of(notNull("id"), column("name"), column("added_later")));

        Binding binding = bind();

        assertThat(binding.findings()).isEmpty();
        CapturedTable users = binding.tables().get(0);
        assertThat(users.sourceColumns()).containsExactly("name", "id");
        assertThat(users.target().columns()).extracting(Column::name).containsExactly("name", "id");
        assertThat(users.target().primaryKey()).containsExactly("id");
    }

    @Test
    void namesThatPostgresFoldedAreFound() {
        source("Users", List.of("Id"), "Id", "Name");
        target("users", List.of("id"), List.of(notNull("id"), column("name")));
        assertThat(bind().findings()).isEmpty();
        assertThat(bind().tables().get(0).target().id()).isEqualTo(new TableId("public", "users"));
        assertThat(bind().tables().get(0).sourceKey()).containsExactly("Id");
    }

    @Test
    void tablesAndColumnsCanHaveOtherNames() {
        source("users", List.of("id"), "id", "name", "secret", "old_x");
        target("app.accounts", List.of("account_id"), List.of(notNull("account_id"), column("name")));
        settings = Map.of(
                "users",
                new TableSettings(
                        Optional.of("app.accounts"),
                        List.of(),
                        List.of("secret"),
                        Map.of("id", "account_id"),
                        false,
                        Set.of()));
        ignoredColumns = List.of("users.old_*");

        assertThat(bind().findings()).isEmpty();
        assertThat(bind().tables().get(0).sourceColumns()).containsExactly("id", "name");
        assertThat(bind().tables().get(0).target().primaryKey()).containsExactly("account_id");
    }

    @Test
    void aTablesConditionTravelsWithIt() {
        both("orders");
        both("users");
        settings = Map.of("orders", with(Optional.of("parent > 1"), Map.of(), List.of()));
        assertThat(bind().findings()).isEmpty();
        assertThat(bind().tables())
                .extracting(
                        table -> table.sourceName() + ": " + table.selection().where())
                .containsExactlyInAnyOrder("orders: parent > 1", "users: null");
    }

    @Test
    void aKeyIsComputedFromTheSourcesOwn() {
        source("readings", List.of("site", "number"), "site", "number", "value");
        target("readings", List.of("id"), List.of(column("site"), column("value"), notNull("id")));
        settings = Map.of(
                "readings",
                new TableSettings(
                        Optional.empty(),
                        List.of("key"),
                        List.of("number"),
                        Map.of("key", "id"),
                        false,
                        Set.of(),
                        TableSettings.DEFAULT.guard(),
                        Optional.empty(),
                        Map.of("key", "site || ':' || number"),
                        Map.of(),
                        Map.of()));
        assertThat(bind().findings()).isEmpty();
        CapturedTable readings = bind().tables().get(0);
        assertThat(readings.sourceColumns()).containsExactly("site", "value", "key");
        assertThat(readings.sourceKey()).containsExactly("key");
        assertThat(readings.identity()).containsExactly("site", "number");
        assertThat(readings.selection().computed()).containsOnlyKeys("key");
    }

    @Test
    void aComputedColumnHasANameOfItsOwnAndAKeyToComeFrom() {
        both("orders");
        source("loose", List.of(), "a");
        target("loose", List.of("id"), List.of(notNull("id"), column("a")));
        settings = Map.of(
                "orders", with(Optional.empty(), Map.of("PARENT", "id"), List.of()),
                "loose", with(Optional.empty(), Map.of("id", "a"), List.of("id")));
        assertThat(codes()).contains("computed-column-exists", "table-without-key");
    }

    @Test
    void aColumnBesideAComputedOneInTheKeyHasToBeOfTheSourcesKey() {
        source("readings", List.of("id"), "id", "tenant");
        target("readings", List.of("tenant", "k"), List.of(notNull("tenant"), notNull("k"), column("id")));
        settings = Map.of("readings", with(Optional.empty(), Map.of("k", "'x' || id"), List.of("tenant", "k")));
        assertThat(codes()).containsExactly("computed-key-beside");
    }

    private static TableSettings with(Optional<String> where, Map<String, String> computed, List<String> key) {
        TableSettings none = TableSettings.DEFAULT;
        return new TableSettings(
                none.target(),
                key,
                List.of(),
                Map.of(),
                false,
                Set.of(),
                none.guard(),
                where,
                computed,
                Map.of(),
                Map.of());
    }

    @Test
    void patternsChooseTablesAndExcludeWins() {
        both("orders");
        both("order_items");
        source("audit", List.of(), "x");
        include = List.of("order*");
        exclude = List.of("*_items");
        assertThat(bind().tables()).extracting(CapturedTable::sourceName).containsExactly("orders");
        assertThat(bind().findings()).isEmpty();
    }

    @Test
    void aPatternThatMatchesNothingIsAnError() {
        both("orders");
        include = List.of("orders", "oders");
        exclude = List.of("nothing");
        assertThat(bind().findings())
                .extracting(Finding::severity, Finding::code)
                .containsExactly(
                        tuple(Finding.Severity.ERROR, "pattern-matches-nothing"),
                        tuple(Finding.Severity.WARNING, "pattern-matches-nothing"));
        assertThat(bind().findings().get(0).message()).contains("did you mean 'orders'?");
    }

    @Test
    void settingsOfATableThatIsNotThereAreAnError() {
        both("users");
        both("left_out");
        exclude = List.of("left_out");
        settings = Map.of("user", TableSettings.DEFAULT, "left_out", TableSettings.DEFAULT);
        assertThat(codes()).containsExactlyInAnyOrder("unknown-source-table", "settings-without-effect");
    }

    @Test
    void everyMissingTableAndColumnIsNamedAtOnce() {
        both("users");
        source("gone", List.of("id"), "id");
        source("thin", List.of("id"), "id", "nmae", "other");
        target("thin", List.of("id"), List.of(notNull("id"), column("name")));
        Binding binding = bind();
        assertThat(binding.hasErrors()).isTrue();
        assertThat(codes()).containsExactly("missing-target-table", "missing-target-column", "missing-target-column");
        assertThat(binding.findings().get(1).message()).contains("'nmae'").contains("did you mean 'name'?");
        assertThat(binding.tables()).extracting(CapturedTable::sourceName).containsExactly("users");
    }

    @Test
    void aTableWithoutKeyComesWithItsRemedy() {
        source.add(new SourceTable(
                "log",
                List.of(new SourceTable.Column("nr", "INT", true, null, false)),
                List.of(),
                List.of(new UniqueKey("u", List.of("nr"))),
                List.of(),
                0,
                ""));
        target("log", List.of(), List.of(column("nr")));
        assertThat(bind().findings().get(0).code()).isEqualTo("table-without-key");
        assertThat(bind().findings().get(0).action())
                .contains("tables.log.key: [nr]")
                .contains("exclude the table");
    }

    @Test
    void aConfiguredKeyServesWhereTheSourceHasNone() {
        source("log", List.of(), "a", "b");
        target.add(new TargetTable(
                new TableId("public", "log"),
                List.of(notNull("a"), notNull("b")),
                List.of(),
                List.of("b", "a"),
                List.of(new UniqueKey("u", List.of("a", "b"))),
                List.of()));
        settings = Map.of(
                "log", new TableSettings(Optional.empty(), List.of("a", "b"), List.of(), Map.of(), false, Set.of()));
        assertThat(bind().findings()).isEmpty();
        assertThat(bind().tables().get(0).target().primaryKey()).containsExactly("b", "a");
        assertThat(bind().tables().get(0).target().uniqueKeys()).isEmpty();
    }

    @Test
    void aTargetWithAnotherKeyIsAnError() {
        source("users", List.of("id"), "id", "mail");
        target("users", List.of("mail"), List.of(notNull("id"), notNull("mail")));
        assertThat(codes()).containsExactly("key-differs");
        assertThat(bind().findings().get(0).message()).contains("[id]").contains("(mail)");
    }

    @Test
    void aKeyThatIsExcludedIsAnError() {
        source("users", List.of("id"), "id", "name");
        target(
                "users",
                List.of("id"),
                List.of(new Column("id", LogicalType.INT64, "bigint", false, true), column("name")));
        settings = Map.of(
                "users", new TableSettings(Optional.empty(), List.of(), List.of("id"), Map.of(), false, Set.of()));
        assertThat(codes()).containsExactly("key-excluded");
    }

    private static TableSettings computing(String column, String expression) {
        return new TableSettings(
                Optional.empty(),
                List.of(),
                List.of(),
                Map.of(),
                false,
                Set.of(),
                GuardMode.COLUMN,
                Optional.empty(),
                Map.of(),
                Map.of(column, expression),
                Map.of());
    }

    @Test
    void aNotNullColumnThatIsComputedNeedsNoSource() {
        source("users", List.of("id"), "id");
        target("users", List.of("id"), List.of(notNull("id"), notNull("tenant")));
        settings = Map.of("users", computing("tenant", "'a'"));
        Binding binding = bind();
        assertThat(binding.findings()).isEmpty();
        assertThat(binding.tables().get(0).target().columns())
                .extracting(Column::name)
                .containsExactly("id");
        assertThat(ExpressionBinder.of(new TablesSettings(include, exclude, settings), binding.catalog(), "public"))
                .isEqualTo(Map.of(new TableId("public", "users"), Map.of("tenant", "'a'")));
    }

    @Test
    void aComputedColumnThatASourceColumnFillsTooIsAnError() {
        source("users", List.of("id"), "id", "Tenant");
        target("users", List.of("id"), List.of(notNull("id"), column("tenant")));
        settings = Map.of("users", computing("tenant", "'a'"));
        assertThat(codes()).containsExactly("two-columns-one-target");
        assertThat(bind().findings().get(0).action()).contains("exclude-columns");
    }

    @Test
    void expressionsOfTablesThatAreNotCapturedAreNobodys() {
        source("users", List.of("id"), "id");
        target("users", List.of("id"), List.of(notNull("id")));
        settings = Map.of("users", computing("tenant", "'a'"), "others", computing("tenant", "'a'"));
        TablesSettings tables = new TablesSettings(include, exclude, settings);
        assertThat(ExpressionBinder.of(tables, bind().catalog(), "public"))
                .containsOnlyKeys(new TableId("public", "users"));
        assertThat(ExpressionBinder.columns(ExpressionBinder.of(tables, bind().catalog(), "public")))
                .containsValue(Set.of("tenant"));
    }

    @Test
    void aNotNullColumnThatNothingFillsIsAnError() {
        source("users", List.of("id"), "id");
        target(
                "users",
                List.of("id"),
                List.of(
                        notNull("id"),
                        notNull("tenant"),
                        new Column("at", LogicalType.DATE, "date", false, true),
                        notNull("_sluice_seq")));
        assertThat(codes()).containsExactly("uncovered-not-null");
        assertThat(bind().findings().get(0).message()).contains("'tenant'");
    }

    @Test
    void twoSourcesOfOneTargetAreAnError() {
        both("a");
        source("b", List.of("id"), "id", "parent");
        settings = Map.of("b", named("a"));
        assertThat(codes()).containsExactly("two-sources-one-target");
    }

    @Test
    void twoColumnsOfOneTargetAreAnError() {
        source("a", List.of("id"), "id", "x", "y");
        target("a", List.of("id"), List.of(notNull("id"), column("x")));
        settings = Map.of(
                "a", new TableSettings(Optional.empty(), List.of(), List.of(), Map.of("y", "x"), false, Set.of()));
        assertThat(codes()).containsExactly("two-columns-one-target");
    }

    @Test
    void aColumnThatTheTargetComputesIsAnError() {
        source("a", List.of("id"), "id", "computed");
        target("a", List.of("id"), List.of(notNull("id")));
        assertThat(codes()).containsExactly("computed-target-column");
    }

    @Test
    void sluicesOwnColumnNameIsReserved() {
        source("a", List.of("id"), "id", "_sluice_seq");
        target("a", List.of("id"), List.of(notNull("id")));
        assertThat(codes()).containsExactly("reserved-column");
    }

    @Test
    void aMisspeltColumnIsNamedWithTheNearestOne() {
        both("a");
        settings = Map.of(
                "a", new TableSettings(Optional.empty(), List.of(), List.of("paren"), Map.of(), false, Set.of()));
        assertThat(bind().findings().get(0).message()).contains("'paren'").contains("did you mean 'parent'?");
    }

    @Test
    void typesOfWhichNoValueFitsAreAnError() {
        source("a", List.of("id"), "id", "n INTEGER", "b BLOB", "t TEXT");
        target(
                "a",
                List.of("id"),
                List.of(
                        notNull("id"),
                        new Column("n", LogicalType.UUID, "uuid", true, false),
                        new Column("b", LogicalType.INT32, "integer", true, false),
                        new Column("t", LogicalType.TIMESTAMPTZ, "timestamp with time zone", true, false)));
        assertThat(codes()).containsExactly("impossible-types", "impossible-types");
    }

    @Test
    void parentsComeBeforeChildren() {
        both("a_child", to("b_parent", false));
        both("b_parent");
        assertThat(bind().tables()).extracting(CapturedTable::sourceName).containsExactly("b_parent", "a_child");
    }

    @Test
    void aForeignKeyToATableThatStaysBehindIsNotGated() {
        both("child", to("parent_table", false));
        both("parent_table");
        exclude = List.of("parent_table");
        assertThat(codes()).containsExactly("foreign-key-to-uncaptured-table");
        assertThat(bind().hasErrors()).isFalse();
        assertThat(bind().tables().get(0).target().foreignKeys()).isEmpty();
    }

    @Test
    void aForeignKeyWhoseColumnStaysBehindIsNotGated() {
        both("child", to("parent_table", false));
        both("parent_table");
        settings = Map.of(
                "child", new TableSettings(Optional.empty(), List.of(), List.of("parent"), Map.of(), false, Set.of()));
        assertThat(bind().findings()).isEmpty();
        assertThat(bind().tables()).allMatch(t -> t.target().foreignKeys().isEmpty());
    }

    @Test
    void aCycleWithAnEdgeThatMayBeNullIsNoObstacle() {
        both("a", to("b", false));
        both("b", to("a", false));
        both("c", to("a", false));
        assertThat(codes()).isEmpty();
    }

    @Test
    void aCycleThatNoRowCanBreakIsAnError() {
        hardCycle(false);
        assertThat(codes()).containsExactly("impossible-foreign-key-cycle");
        assertThat(bind().findings().get(0).message()).contains("public.a -> public.b -> public.a");
    }

    @Test
    void aCycleThatIsCheckedAtCommitIsNoObstacle() {
        hardCycle(true);
        assertThat(codes()).isEmpty();
    }

    private void hardCycle(boolean deferrable) {
        source("a", List.of("id"), "id", "parent");
        source("b", List.of("id"), "id", "parent");
        target("a", List.of("id"), List.of(notNull("id"), notNull("parent")), to("b", false));
        target("b", List.of("id"), List.of(notNull("id"), notNull("parent")), to("a", deferrable));
    }

    @Test
    void aTableMayReferToItself() {
        source("a", List.of("id"), "id", "parent");
        target("a", List.of("id"), List.of(notNull("id"), notNull("parent")), to("a", false));
        assertThat(bind().findings()).isEmpty();
    }

    @Test
    void columnsThatAppearLaterAreIgnoredByTheSamePatterns() {
        BiPredicate<String, String> ignored = Binder.ignored(List.of("users.legacy_*", "*.tmp"));
        assertThat(ignored.test("users", "legacy_name")).isTrue();
        assertThat(ignored.test("Users", "LEGACY_2")).isTrue();
        assertThat(ignored.test("orders", "tmp")).isTrue();
        assertThat(ignored.test("orders", "legacy_name")).isFalse();
    }

    @Test
    void aSourceWithoutTablesIsAnError() {
        exclude = List.of("*");
        both("a");
        assertThat(codes()).containsExactly("no-tables");
    }
}
