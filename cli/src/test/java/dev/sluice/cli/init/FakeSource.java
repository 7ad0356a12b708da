package dev.sluice.cli.init;

import dev.sluice.producers.api.ProposedColumn;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.producers.api.SourceTable.ForeignKey;
import dev.sluice.schemas.relational.UniqueKey;
import java.util.ArrayList;
import java.util.List;

/** A shop with what real files hold: keys of two columns, a cycle, names to be quoted, a table without key, foreign keys to nowhere. */
final class FakeSource {
    private final List<Proposal> proposals = new ArrayList<>();

    static Proposals shop() {
        FakeSource source = new FakeSource();
        source.add(
                table("users", "id").unique("mail").references("team", "teams", "SET NULL"),
                column("id", "bigint", true, null),
                column("mail", "text", true, null),
                column("team", "bigint", false, null),
                new ProposedColumn(
                        "created_at",
                        "timestamp with time zone",
                        true,
                        "now()",
                        "text like 2024-01-31 10:00:00, taken as UTC"));
        source.add(
                table("teams", "id").references("lead", "users", "NO ACTION"),
                column("id", "bigint", true, null),
                column("lead", "bigint", true, null));
        source.add(
                table("Order Items", "order", "line")
                        .references("order", "orders", "CASCADE")
                        .references("sku", "skus", "NO ACTION"),
                column("order", "uuid", true, null),
                column("line", "integer", true, null),
                column("sku", "text", false, null),
                column("_sluice_seq", "bigint", false, null));
        source.add(
                table("orders", "id").references("user", "users", "CASCADE").references("shadow", "users", "NO ACTION"),
                column("id", "uuid", true, null),
                column("user", "bigint", true, null),
                column("shadow", "text", false, null));
        source.add(table("log.lines").unique("nr"), column("nr", "bigint", false, null));
        return Proposals.of(source.proposals);
    }

    private void add(TableBuilder table, ProposedColumn... columns) {
        List<SourceTable.Column> declared = new ArrayList<>();
        for (ProposedColumn column : columns) {
            declared.add(new SourceTable.Column(column.column(), "ANY", true, null, false));
        }
        SourceTable source = new SourceTable(table.name, declared, table.key, table.uniques, table.foreignKeys, 10, "");
        proposals.add(new Proposal(source, List.of(columns)));
    }

    private static TableBuilder table(String name, String... key) {
        return new TableBuilder(name, List.of(key), new ArrayList<>(), new ArrayList<>());
    }

    private static ProposedColumn column(String name, String type, boolean notNull, String defaultExpression) {
        return new ProposedColumn(name, type, notNull, defaultExpression, null);
    }

    private record TableBuilder(String name, List<String> key, List<UniqueKey> uniques, List<ForeignKey> foreignKeys) {
        TableBuilder unique(String column) {
            uniques.add(new UniqueKey("u", List.of(column)));
            return this;
        }

        TableBuilder references(String column, String parent, String onDelete) {
            foreignKeys.add(new ForeignKey(List.of(column), parent, List.of(), onDelete, "NO ACTION"));
            return this;
        }
    }
}
