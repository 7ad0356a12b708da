package dev.sluice.producers.api;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.List;

/**
 * The tables that a {@link SourceFixture} has to make in its store, with their foreign keys where the store knows such a thing. The source's names of tables
 * and columns are the target's.
 */
public final class ContractTables {
    /** {@code accounts(id bigint primary key, owner text null, balance bigint not null)}. */
    public static final Table ACCOUNTS =
            table("accounts", List.of(integer("id"), text("owner"), integer("balance")), List.of("id"), List.of());

    /** {@code savings(id bigint primary key, account_id bigint not null references accounts, balance bigint not null)}. */
    public static final Table SAVINGS = table(
            "savings",
            List.of(integer("id"), integer("account_id"), integer("balance")),
            List.of("id"),
            List.of(toAccounts("savings_account")));

    /** {@code lines(account_id bigint not null references accounts, line bigint, note text null, primary key (account_id, line))}. */
    public static final Table LINES = table(
            "lines",
            List.of(integer("account_id"), integer("line"), text("note")),
            List.of("account_id", "line"),
            List.of(toAccounts("lines_account")));

    /** {@code notes(id text primary key, body text null)}. */
    public static final Table NOTES = table("notes", List.of(text("id"), text("body")), List.of("id"), List.of());

    /** Parents before children. */
    public static final List<Table> ALL = List.of(ACCOUNTS, NOTES, SAVINGS, LINES);

    private ContractTables() {}

    /** What the fixture's sources have to capture, parents before children. */
    public static List<CapturedTable> captured() {
        return ALL.stream().map(ContractTables::captured).toList();
    }

    private static CapturedTable captured(Table table) {
        return new CapturedTable(
                table.id().name(), table.columns().stream().map(Column::name).toList(), table);
    }

    private static Table table(String name, List<Column> columns, List<String> key, List<ForeignKey> foreignKeys) {
        return new Table(new TableId("public", name), columns, key, List.of(), foreignKeys);
    }

    private static ForeignKey toAccounts(String name) {
        return new ForeignKey(
                name, List.of("account_id"), new TableId("public", "accounts"), List.of("id"), false, false);
    }

    private static Column integer(String name) {
        return new Column(name, LogicalType.INT64, "bigint", false, false);
    }

    private static Column text(String name) {
        return new Column(name, LogicalType.TEXT, "text", true, false);
    }
}
