package dev.sluice.cli.binding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.config.ForeignKeySettings;
import dev.sluice.cli.config.ForeignKeysSettings;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import dev.sluice.streams.gate.ForeignKeyRule;
import dev.sluice.streams.gate.OnOrphan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RuleBinderTest {
    private static final TableId USERS = TableId.parse("public.users");
    private static final TableId ORDERS = TableId.parse("public.orders");

    private final List<Finding> findings = new ArrayList<>();
    private Column reference = column("user_id", LogicalType.INT64, "bigint", true);
    private boolean matchFull;
    private List<UniqueKey> unique = List.of();
    private final List<ForeignKey> more = new ArrayList<>();

    private static Column column(String name, LogicalType type, String nativeType, boolean nullable) {
        return new Column(name, type, nativeType, nullable, false);
    }

    private ForeignKey key() {
        return new ForeignKey("orders_user_id_fkey", List.of("user_id"), USERS, List.of("id"), matchFull, false);
    }

    private BoundRules bind(ForeignKeysSettings settings) {
        Table users = new Table(
                USERS, List.of(column("id", LogicalType.INT64, "bigint", false)), List.of("id"), List.of(), List.of());
        List<ForeignKey> keys = new ArrayList<>(List.of(key()));
        keys.addAll(more);
        Table orders = new Table(
                ORDERS,
                List.of(column("id", LogicalType.INT64, "bigint", false), reference),
                List.of("id"),
                unique,
                keys);
        return RuleBinder.bind(settings, Catalog.of(List.of(users, orders)), "public", false, findings);
    }

    private static ForeignKeysSettings settings(String table, String key, OnOrphan onOrphan) {
        return new ForeignKeysSettings(ForeignKeySettings.NONE, Map.of(table, Map.of(key, rule(onOrphan))));
    }

    private static ForeignKeySettings rule(OnOrphan onOrphan) {
        return new ForeignKeySettings(Optional.empty(), Optional.of(onOrphan));
    }

    private ForeignKeyRule bound(ForeignKeysSettings settings) {
        return bind(settings).rules().of(ORDERS, key());
    }

    private void refused(OnOrphan onOrphan, String why) {
        findings.clear();
        bind(settings("orders", "orders_user_id_fkey", onOrphan));
        assertThat(findings).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo("impossible-on-orphan");
            assertThat(f.subject()).isEqualTo("foreign-keys.public.orders.orders_user_id_fkey");
            assertThat(f.message()).contains(why);
        });
    }

    @Test
    void whatIsNotSaidWaits() {
        assertThat(bound(ForeignKeysSettings.NONE)).isEqualTo(new ForeignKeyRule(false, OnOrphan.WAIT));
        assertThat(findings).isEmpty();
    }

    @Test
    void theKeysOwnRuleStandsBeforeTheGeneralOne() {
        ForeignKeysSettings settings = new ForeignKeysSettings(
                new ForeignKeySettings(Optional.of(true), Optional.of(OnOrphan.QUARANTINE)),
                Map.of("public.orders", Map.of("orders_user_id_fkey", rule(OnOrphan.SET_NULL))));
        assertThat(bound(settings)).isEqualTo(new ForeignKeyRule(true, OnOrphan.SET_NULL));
        assertThat(findings).isEmpty();
    }

    @Test
    void aNameThatMatchesNoGatedForeignKeyIsRefusedWithTheNearest() {
        bind(settings("order", "orders_user_id_fkey", OnOrphan.WAIT));
        assertThat(findings)
                .singleElement()
                .satisfies(f -> assertThat(f.message())
                        .contains("no captured table public.order")
                        .contains("did you mean 'orders'?"));
        findings.clear();
        bind(settings("public.order", "orders_user_id_fkey", OnOrphan.WAIT));
        assertThat(findings.get(0).message()).contains("did you mean 'public.orders'?");
        findings.clear();
        bind(settings("orders", "orders_user_fkey", OnOrphan.WAIT));
        assertThat(findings).singleElement().satisfies(f -> {
            assertThat(f.severity()).isEqualTo(Finding.Severity.ERROR);
            assertThat(f.code()).isEqualTo("unknown-foreign-key");
            assertThat(f.message()).contains("did you mean 'orders_user_id_fkey'?");
        });
        findings.clear();
        // Nothing refers from it.
        bind(settings("users", "x", OnOrphan.WAIT));
        assertThat(findings).extracting(Finding::code).containsExactly("unknown-foreign-key");
    }

    @Test
    void aTableMayStandUnderOneOfItsNamesOnly() {
        bind(new ForeignKeysSettings(
                ForeignKeySettings.NONE,
                Map.of(
                        "orders", Map.of("orders_user_id_fkey", rule(OnOrphan.WAIT)),
                        "public.orders", Map.of("orders_user_id_fkey", rule(OnOrphan.WAIT)))));
        assertThat(findings)
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("stands there twice"));
    }

    @Test
    void setNullNeedsAColumnThatMayBeNull() {
        reference = column("user_id", LogicalType.INT64, "bigint", false);
        refused(OnOrphan.SET_NULL, "may be NULL");
        findings.clear();
        bound(settings("orders", "orders_user_id_fkey", OnOrphan.QUARANTINE));
        assertThat(findings).isEmpty();
    }

    @Test
    void setNullNeedsAColumnThatIsInNoOtherKey() {
        unique = List.of(new UniqueKey("one_order_each", List.of("user_id")));
        refused(OnOrphan.SET_NULL, "unique key one_order_each");
        unique = List.of();
        more.add(new ForeignKey("second", List.of("user_id"), USERS, List.of("id"), false, false));
        refused(OnOrphan.SET_NULL, "foreign key second");
    }

    @Test
    void setNullNeedsValuesThatAreWrittenInOneWay() {
        reference = column("user_id", LogicalType.DECIMAL, "numeric(10,2)", true);
        refused(OnOrphan.SET_NULL, "numeric(10,2)");
        reference = column("user_id", LogicalType.NATIVE, "citext", true);
        refused(OnOrphan.SET_NULL, "citext");
        reference = column("user_id", LogicalType.TEXT, "character(5)", true);
        refused(OnOrphan.SET_NULL, "character(5)");
        reference = column("user_id", LogicalType.TEXT, "character varying(5)", true);
        findings.clear();
        bound(settings("orders", "orders_user_id_fkey", OnOrphan.SET_NULL));
        assertThat(findings).isEmpty();
    }

    @Test
    void whatIsEvictedIsNamedSoThatTheSourceCanBeAsked() {
        assertThat(bind(settings("orders", "orders_user_id_fkey", OnOrphan.EVICT))
                        .evicting())
                .containsExactly("public.orders.orders_user_id_fkey");
        assertThat(findings).isEmpty();
    }
}
