package dev.sluice.cli.binding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.config.ForeignKeysSettings;
import dev.sluice.cli.config.GuardMode;
import dev.sluice.cli.config.TableSettings;
import dev.sluice.cli.config.TablesSettings;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.Case;
import dev.sluice.producers.api.ValueRules.OnEmpty;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.producers.api.ValueRules.OnJsonNull;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.producers.api.ValueRules.OnTooPrecise;
import dev.sluice.producers.api.ValueRules.OnUnmapped;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.TableId;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** {@code shops} is referred to by its {@code code}; {@code items} refers to it. */
final class ValueRuleBinderTest {
    private static final ValueRules CUT = ValueRules.DEFAULT.with(OnTooLong.TRUNCATE);
    private static final ValueRules CLEAN = ValueRules.DEFAULT.with(OnNul.REMOVE);
    private static final ValueRules CLAMP = ValueRules.DEFAULT.with(OnOutOfRange.CLAMP);
    private static final ValueRules NULL = ValueRules.DEFAULT.with(OnOutOfRange.NULL);
    private static final ValueRules DEFAULT = ValueRules.DEFAULT.with(OnNull.DEFAULT);
    private static final ValueRules REJECT = ValueRules.DEFAULT.with(OnNull.REJECT);
    private static final ValueRules INVALID = ValueRules.DEFAULT.with(OnInvalid.NULL);
    private static final ValueRules EMPTY = ValueRules.DEFAULT.with(OnEmpty.NULL);

    private static SourceTable source(String name, String... columns) {
        List<SourceTable.Column> list = java.util.Arrays.stream(columns)
                .map(c -> new SourceTable.Column(c, "TEXT", true, null, false))
                .toList();
        return new SourceTable(name, list, List.of("id"), List.of(), List.of(), 0, "");
    }

    private static Column column(String name, LogicalType type, String nativeType, boolean nullable, boolean defaults) {
        return new Column(name, type, nativeType, nullable, defaults);
    }

    private static Binding bind(Map<String, ValueRules> shops, Map<String, ValueRules> items) {
        return bind(ValueRules.DEFAULT, shops, items);
    }

    private static Binding bind(ValueRules everywhere, Map<String, ValueRules> shops, Map<String, ValueRules> items) {
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
                column("weight", LogicalType.DECIMAL, "numeric", false, true),
                column("twin", LogicalType.TEXT, "character varying(8)", true, false),
                column("tags", LogicalType.JSON, "jsonb", true, false),
                column("at", LogicalType.TIMESTAMPTZ, "timestamp with time zone", false, true));
        ForeignKey key = new ForeignKey(
                "items_shop_fkey", List.of("shop"), new TableId("public", "shops"), List.of("code"), false, false);
        ForeignKey twin = new ForeignKey(
                "items_twin_fkey", List.of("twin"), new TableId("public", "shops"), List.of("code"), false, false);
        return Binder.bind(
                List.of(
                        source("shops", "id", "code"),
                        source(
                                "items", "id", "shop", "label", "note", "size", "price", "weight", "twin", "tags",
                                "at")),
                new TablesSettings(
                        List.of("*"), List.of(), Map.of("shops", with(shops), "items", with(items)), everywhere),
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
                                List.of(key, twin))));
    }

    private static TableSettings with(Map<String, ValueRules> rules) {
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
        assertThat(binding.tables().get(1).rules("Label").of(OnTooLong.class)).isEqualTo(OnTooLong.TRUNCATE);
        assertThat(binding.tables().get(1).rules("price").of(OnOutOfRange.class))
                .isEqualTo(OnOutOfRange.NULL);
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
    void onlyANullableForeignKeyOfOneColumnCanBecomeNull() {
        Binding binding = bind(Map.of(), Map.of("twin", INVALID.with(OnEmpty.NULL)));
        assertThat(binding.findings()).isEmpty();
        assertThat(binding.tables().get(1).rules("twin").of(OnInvalid.class)).isEqualTo(OnInvalid.NULL);
        assertThat(subjects(bind(Map.of("code", EMPTY), Map.of("shop", INVALID, "twin", CUT, "id", INVALID))))
                .containsExactlyInAnyOrder(
                        "tables.shops.columns.code",
                        "tables.items.columns.shop",
                        "tables.items.columns.twin",
                        "tables.items.columns.id");
        assertThat(subjects(bind(Map.of(), Map.of("twin", ValueRules.DEFAULT.withMap(Map.of("a", "b"))))))
                .containsExactly("tables.items.columns.twin");
    }

    @Test
    void everyRuleThatMakesNullNeedsAPlaceForIt() {
        Map<String, @Nullable String> toNull = new HashMap<>();
        toNull.put("none", null);
        for (ValueRules rules : List.of(
                INVALID,
                EMPTY,
                NULL,
                ValueRules.DEFAULT.withMap(toNull),
                ValueRules.DEFAULT.withMap(Map.of("a", "1")).with(OnUnmapped.NULL))) {
            assertThat(subjects(bind(Map.of(), Map.of("size", rules)))).containsExactly("tables.items.columns.size");
            assertThat(bind(Map.of(), Map.of("price", rules)).findings()).isEmpty();
        }
        assertThat(bind(Map.of(), Map.of("label", EMPTY)).findings())
                .as("takes its default")
                .isEmpty();
        assertThat(bind(Map.of(), Map.of("label", EMPTY.with(OnNull.REJECT))).findings())
                .extracting(Finding::message)
                .containsExactly(
                        "on-empty: null cannot be kept, because the column is NOT NULL and takes no default; Label of public.items is character varying(8) NOT NULL with a default");
    }

    @Test
    void wordsAndDocumentsHaveTheirOwnRules() {
        assertThat(bind(
                                Map.of(),
                                Map.of(
                                        "note",
                                        ValueRules.DEFAULT.with(Case.LOWER),
                                        "tags",
                                        ValueRules.DEFAULT.with(OnJsonNull.NULL),
                                        "size",
                                        ValueRules.DEFAULT.with(OnTooPrecise.ROUND)))
                        .findings())
                .isEmpty();
        assertThat(subjects(bind(
                        Map.of(),
                        Map.of(
                                "size",
                                ValueRules.DEFAULT.with(Case.LOWER),
                                "note",
                                ValueRules.DEFAULT.with(OnJsonNull.NULL),
                                "weight",
                                ValueRules.DEFAULT.with(OnTooPrecise.ROUND),
                                "tags",
                                ValueRules.DEFAULT.with(OnUnmapped.REJECT)))))
                .hasSize(4);
    }

    @Test
    void whatIsSaidForEveryColumnHoldsWhereItFitsAndNothingElseIsSaid() {
        ValueRules everywhere = ValueRules.DEFAULT
                .with(OnEmpty.NULL)
                .with(OnTooLong.TRUNCATE)
                .with(OnOutOfRange.NULL)
                .with(OnNull.REJECT);
        Binding binding = bind(
                everywhere,
                Map.of(),
                Map.of("label", ValueRules.DEFAULT.with(OnTooLong.REJECT).with(OnNull.DEFAULT)));
        assertThat(binding.findings()).isEmpty();
        assertThat(binding.tables().get(0).rules("code")).isEqualTo(ValueRules.DEFAULT);
        assertThat(binding.tables().get(1).rules("shop")).isEqualTo(ValueRules.DEFAULT);
        assertThat(binding.tables().get(1).rules("twin")).isEqualTo(EMPTY);
        assertThat(binding.tables().get(1).rules("note")).isEqualTo(EMPTY);
        assertThat(binding.tables().get(1).rules("size")).isEqualTo(ValueRules.DEFAULT);
        assertThat(binding.tables().get(1).rules("price")).isEqualTo(EMPTY.with(OnOutOfRange.NULL));
        assertThat(binding.tables().get(1).rules("weight")).isEqualTo(REJECT);
        assertThat(binding.tables().get(1).rules("Label"))
                .isEqualTo(EMPTY.with(OnTooLong.REJECT).with(OnNull.DEFAULT));
    }

    @Test
    void aTimeZoneConcernsTimestampsAndKeysToo() {
        ValueRules berlin = ValueRules.DEFAULT.withTimeZone(ZoneId.of("Europe/Berlin"));
        ValueRules utc = ValueRules.DEFAULT.withTimeZone(ZoneOffset.UTC);
        assertThat(bind(berlin, Map.of(), Map.of()).tables().get(1).rules("at")).isEqualTo(berlin);
        assertThat(bind(berlin, Map.of(), Map.of()).tables().get(1).rules("note"))
                .isEqualTo(ValueRules.DEFAULT);
        Binding own = bind(berlin, Map.of(), Map.of("at", utc.with(OnFraction.REJECT)));
        assertThat(own.findings()).isEmpty();
        assertThat(own.tables().get(1).rules("at")).isEqualTo(utc.with(OnFraction.REJECT));
        assertThat(subjects(bind(
                        Map.of("id", berlin), Map.of("note", ValueRules.DEFAULT.with(OnFraction.ROUND), "shop", utc))))
                .containsExactlyInAnyOrder(
                        "tables.shops.columns.id", "tables.items.columns.note", "tables.items.columns.shop");
        assertThat(bind(Map.of("id", berlin), Map.of()).findings())
                .extracting(Finding::message)
                .containsExactly(
                        "time-zone concerns a column that is a timestamp; id of public.shops is integer NOT NULL");
    }

    @Test
    void aTimestampOfAKeyHasATimeZone() {
        TableId logs = new TableId("public", "logs");
        ValueRules berlin = ValueRules.DEFAULT.withTimeZone(ZoneId.of("Europe/Berlin"));
        Binding binding = Binder.bind(
                List.of(source("logs", "id")),
                new TablesSettings(
                        List.of("*"), List.of(), Map.of("logs", with(Map.of("id", berlin))), ValueRules.DEFAULT),
                List.of(),
                ForeignKeysSettings.NONE,
                false,
                "public",
                List.of(new TargetTable(
                        logs,
                        List.of(column("id", LogicalType.TIMESTAMP, "timestamp without time zone", false, false)),
                        List.of(),
                        List.of("id"),
                        List.of(),
                        List.of())));
        assertThat(binding.findings()).isEmpty();
        assertThat(binding.tables().get(0).rules("id")).isEqualTo(berlin);
    }

    @Test
    void nullIsRejectedEverywhereButWhereTheDefaultIsSaid() {
        Binding binding = bind(Map.of(), Map.of());
        TablesSettings settings =
                new TablesSettings(List.of("*"), List.of(), Map.of("items", with(Map.of("label", DEFAULT))), REJECT);
        assertThat(ValueRuleBinder.nullDefaults(settings, binding.catalog(), "public"))
                .containsEntry(new TableId("public", "items"), Set.of("Label"));
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
                        new TableId("public", "shops"),
                        Set.of(),
                        new TableId("public", "items"),
                        Set.of("weight", "at")));
    }
}
