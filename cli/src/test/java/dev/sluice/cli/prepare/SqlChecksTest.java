package dev.sluice.cli.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.sluice.cli.config.CheckSettings;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SqlChecksTest {
    private static final Table ORDERS = new Table(
            TableId.parse("orders"),
            List.of(
                    new Column("id", LogicalType.INT64, "bigint", false, false),
                    new Column("note", LogicalType.TEXT, "text", true, false),
                    new Column("kind", LogicalType.TEXT, "text", true, false)),
            List.of("id"),
            List.of(),
            List.of());

    private static final CapturedTable CAPTURED = new CapturedTable(
            "orders",
            List.of("id", "note", "kind"),
            ORDERS,
            Map.of(
                    "id", ValueRules.DEFAULT.with(OnNull.REJECT),
                    "note", ValueRules.DEFAULT.with(OnTooLong.TRUNCATE),
                    "kind", ValueRules.DEFAULT.withMap(Map.of("a", "b"))));

    private static List<String> findings(boolean sql, CheckSettings... checks) {
        return SqlChecks.findings(List.of(checks), List.of(CAPTURED), "files", sql).stream()
                .map(finding -> finding.severity() + " " + finding.code() + ": " + finding.message())
                .toList();
    }

    private static CheckSettings check(String... covers) {
        return new CheckSettings("sum", Optional.of("SELECT 1"), "SELECT 1", List.of(covers));
    }

    @Test
    void columnsThatARuleChangesAreNamedUntilACheckCoversThem() {
        assertThat(findings(true))
                .containsExactly(
                        "INFO lossy: rules may change values of public.orders.note, public.orders.kind, and nothing brings such a value back to be compared with the source's");
        assertThat(findings(true, check("orders.note")))
                .singleElement()
                .asString()
                .contains("values of public.orders.kind,")
                .doesNotContain("note");
        assertThat(findings(true, check("orders.note", "public.orders.kind"))).isEmpty();
    }

    @Test
    void whatACheckCoversHasToBeThere() {
        assertThat(findings(true, check("orders.nota", "order.note", "orders.note", "orders.kind")))
                .containsExactly(
                        "ERROR unknown-covered-column: table public.orders has no captured column 'nota'; did you mean 'note'?",
                        "ERROR unknown-covered-column: no captured table is called 'order'; did you mean 'public.orders'?");
    }

    @Test
    void aSourceWithoutSqlIsNotAskedAny() {
        CheckSettings targetOnly =
                new CheckSettings("none", Optional.empty(), "SELECT 1", List.of("orders.note", "orders.kind"));
        assertThat(findings(false, targetOnly)).isEmpty();
        assertThat(SqlChecks.findings(List.of(check(), targetOnly), List.of(CAPTURED), "files", false))
                .extracting(Finding::code, Finding::subject)
                .containsExactly(tuple("check-without-sql", "check sum"));
    }
}
