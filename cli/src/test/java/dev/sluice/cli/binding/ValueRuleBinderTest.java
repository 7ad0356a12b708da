package dev.sluice.cli.binding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.config.ForeignKeysSettings;
import dev.sluice.cli.config.GuardMode;
import dev.sluice.cli.config.TableSettings;
import dev.sluice.cli.config.TablesSettings;
import dev.sluice.cli.config.ValueSettings;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@code shops} is referred to by its {@code code}; {@code items} refers to it. */
final class ValueRuleBinderTest {
    private static final ValueSettings CUT = rules(null, OnTooLong.TRUNCATE, null, null);
    private static final ValueSettings CLEAN = rules(null, null, OnNul.REMOVE, null);
    private static final ValueSettings CLAMP = rules(null, null, null, OnOutOfRange.CLAMP);
    private static final ValueSettings NULL = rules(null, null, null, OnOutOfRange.NULL);
    private static final ValueSettings DEFAULT = rules(OnNull.DEFAULT, null, null, null);
    private static final ValueSettings REJECT = rules(OnNull.REJECT, null, null, null);

    private static ValueSettings rules(OnNull onNull, OnTooLong tooLong, OnNul nul, OnOutOfRange range) {
        return new ValueSettings(
                Optional.ofNullable(onNull),
                Optional.ofNullable(tooLong),
                Optional.ofNullable(nul),
                Optional.ofNullable(range));
    }

    private static SourceTable source(String name, String... columns) {
        List<SourceTable.Column> list = java.util.Arrays.stream(columns)
                .map(c -> new SourceTable.Column(c, "TEXT", true, null, false))
                .toList();
        return new SourceTable(name, list, List.of("id"), List.of(), List.of(), 0, "");
    }

    private static Column column(String name, LogicalType type, String nativeType, boolean nullable, boolean defaults) {
        return new Column(name, type, nativeType, nullable, defaults);
    }

    private static Binding bind(Map<String, ValueSettings> shops, Map<String, ValueSettings> items) {
        List<Column> shopColumns = List.of(
                column("id", LogicalType.INT32, "integer", false, false),
                column("code", LogicalType.TEXT, "character varying(8)", false, true));
        List<Column> itemColumns = List.of(
                column("id", LogicalType.INT32, "integer", false, false),
                column("shop", LogicalType.TEXT, "character varying(8)", false, true),
                column("Label", LogicalType.TEXT, "character varying(8)", false, true),
                column("note", LogicalType.TEXT, "text", true, false),
                column("size", LogicalType.INT16, "smallint", false, false),
                column("price", LogicalType.DECIMAL, "numeric(5,2)", true, false),
                column("weight", LogicalType.DECIMAL, "numeric", false, true));
        ForeignKey key = new ForeignKey(
                "items_shop_fkey", List.of("shop"), new TableId("public", "shops"), List.of("code"), false, false);
        return Binder.bind(
                List.of(
                        source("shops", "id", "code"),
                        source("items", "id", "shop", "label", "note", "size", "price", "weight")),
                new TablesSettings(List.of("*"), List.of(), Map.of("shops", with(shops), "items", with(items))),
                List.of(),
                ForeignKeysSettings.NONE,
                false,
                "public",
                List.of(
                        new TargetTable(
                                new TableId("public", "shops"),
                                shopColumns,
                                List.of(),
                                List.of("id"),
                                List.of(),
                                List.of()),
                        new TargetTable(
                                new TableId("public", "items"),
                                itemColumns,
                                List.of(),
                                List.of("id"),
                                List.of(),
                                List.of(key))));
    }

    private static TableSettings with(Map<String, ValueSettings> rules) {
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
                Map.of(),
                rules);
    }

    private static List<String> subjects(Binding binding) {
        assertThat(binding.findings()).extracting(Finding::code).containsOnly("impossible-value-rule");
        return binding.findings().stream().map(Finding::subject).toList();
    }

    @Test
    void rulesThatFitTravelUnderTheTargetsNames() {
        Binding binding =
                bind(Map.of(), Map.of("label", CUT, "note", CLEAN, "size", CLAMP, "price", NULL, "weight", REJECT));
        assertThat(binding.findings()).isEmpty();
        assertThat(binding.tables().get(1).rules("Label").onTooLong()).isEqualTo(OnTooLong.TRUNCATE);
        assertThat(binding.tables().get(1).rules("price").onOutOfRange()).isEqualTo(OnOutOfRange.NULL);
        assertThat(binding.tables().get(1).rules("shop")).isEqualTo(ValueRules.DEFAULT);
    }

    @Test
    void keysOfEveryKindHaveNone() {
        assertThat(subjects(bind(Map.of("id", CLAMP, "code", CUT), Map.of("shop", DEFAULT))))
                .containsExactlyInAnyOrder(
                        "tables.shops.columns.id", "tables.shops.columns.code", "tables.items.columns.shop");
    }

    @Test
    void aRuleForAnotherTypeIsRefusedWithWhatItConcerns() {
        Binding binding =
                bind(Map.of(), Map.of("note", CUT, "size", CLEAN, "weight", CLAMP, "price", DEFAULT, "label", CLAMP));
        assertThat(subjects(binding)).hasSize(5);
        assertThat(binding.findings())
                .extracting(Finding::message)
                .anySatisfy(text -> assertThat(text)
                        .isEqualTo(
                                "on-out-of-range concerns a column that is smallint, integer, bigint, numeric(p,s) or real;"
                                        + " weight of public.items is numeric NOT NULL with a default"));
    }

    @Test
    void nullForAColumnThatTakesNoneIsRefused() {
        Binding binding = bind(Map.of(), Map.of("size", NULL));
        assertThat(subjects(binding)).containsExactly("tables.items.columns.size");
        assertThat(binding.findings().get(0).message()).contains("is NOT NULL and takes no default");
    }

    @Test
    void aColumnThatTheSourceDoesNotHaveIsRefusedByName() {
        assertThat(bind(Map.of(), Map.of("lable", CUT)).findings())
                .extracting(Finding::code)
                .containsExactly("unknown-source-column");
    }

    @Test
    void nullBecomesTheDefaultUnlessItIsRejectedOrAKey() {
        Binding binding = bind(Map.of(), Map.of("label", REJECT));
        TablesSettings settings =
                new TablesSettings(List.of("*"), List.of(), Map.of("items", with(Map.of("label", REJECT))));
        assertThat(ValueRuleBinder.nullDefaults(settings, binding.catalog(), "public"))
                .isEqualTo(Map.of(
                        new TableId("public", "shops"), Set.of(), new TableId("public", "items"), Set.of("weight")));
    }
}
