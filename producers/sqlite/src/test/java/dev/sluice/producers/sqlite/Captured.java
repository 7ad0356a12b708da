package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.Polled;
import dev.sluice.producers.api.ProposedColumn;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.producers.api.TransactionPart;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Captured tables as {@code init} would propose them, and records in a short notation. */
final class Captured {
    static final String PIPELINE = "p";
    static final String INCARNATION = "one";

    private Captured() {}

    /** All tables of the database with the proposed types. */
    static List<CapturedTable> all(SqliteConnector connector) {
        return connector.tables().stream()
                .map(table -> of(connector, table, table.primaryKey()))
                .toList();
    }

    static CapturedTable of(SqliteConnector connector, SourceTable table, List<String> key) {
        List<Column> columns = new ArrayList<>();
        for (ProposedColumn column : connector.propose(table)) {
            columns.add(new Column(
                    column.column(), type(column.nativeType()), column.nativeType(), !column.notNull(), false));
        }
        Table target = new Table(new TableId("public", table.name()), columns, key, List.of(), List.of());
        return new CapturedTable(
                table.name(),
                table.columns().stream().map(SourceTable.Column::name).toList(),
                target);
    }

    /** Column as {@code name:logical type}. */
    static CapturedTable table(String name, String key, String... columns) {
        List<Column> targets = new ArrayList<>();
        for (String column : columns) {
            String[] parts = column.split(":", 2);
            LogicalType type = LogicalType.valueOf(parts[1]);
            String nativeType = type == LogicalType.JSON ? "jsonb" : parts[1].toLowerCase(java.util.Locale.ROOT);
            targets.add(new Column(parts[0], type, nativeType, true, false));
        }
        Table target = new Table(new TableId("public", name), targets, List.of(key.split(",")), List.of(), List.of());
        return new CapturedTable(name, targets.stream().map(Column::name).toList(), target);
    }

    static ChangeSource open(SqliteConnector connector, List<CapturedTable> tables) {
        connector.prepare(tables, PIPELINE, INCARNATION, false);
        ChangeSource source = connector.source(tables, PIPELINE, INCARNATION);
        source.open(null);
        return source;
    }

    /** The records of everything that the tail has now. */
    static List<String> tail(ChangeSource source) {
        List<String> records = new ArrayList<>();
        for (TransactionPart part : parts(source, 1_000)) {
            part.records().forEach(record -> records.add(text(record)));
        }
        return records;
    }

    static List<TransactionPart> parts(ChangeSource source, int maxRecords) {
        List<TransactionPart> parts = new ArrayList<>();
        Polled polled = source.poll(null, maxRecords);
        while (polled.part().isPresent()) {
            parts.add(polled.part().get());
            polled = source.poll(null, maxRecords);
        }
        return parts;
    }

    static List<String> snapshot(ChangeSource source, String table, int chunkRows) {
        List<String> records = new ArrayList<>();
        byte[] cursor = null;
        do {
            SnapshotChunk chunk = source.snapshot(new TableId("public", table), cursor, chunkRows);
            chunk.records().forEach(record -> records.add(text(record)));
            cursor = chunk.cursor();
        } while (cursor != null);
        return records;
    }

    /** {@code create t[1,"a"]}, {@code delete t[1]}, {@code refused create t[1] column reason}. */
    static String text(SourceRecord record) {
        String op = record.op().name().toLowerCase(java.util.Locale.ROOT);
        String table = record.tableId().name();
        if (record instanceof SourceRecord.Refused refused) {
            return "refused " + op + " " + table + refused.key() + " " + refused.column() + " " + refused.reason();
        }
        SourceRecord.Row row = (SourceRecord.Row) record;
        if (row.after() != null) {
            String unchanged = row.unchanged().isEmpty() ? "" : " without " + row.unchanged();
            return op + " " + table + KeyText.of(row.after()) + unchanged;
        }
        Object[] key = Arrays.stream(row.table().keyIndexes())
                .mapToObj(i -> row.before()[i])
                .toArray();
        return op + " " + table + KeyText.of(key);
    }

    private static LogicalType type(String nativeType) {
        if (nativeType.startsWith("numeric")) {
            return LogicalType.DECIMAL;
        }
        return switch (nativeType) {
            case "boolean" -> LogicalType.BOOLEAN;
            case "integer" -> LogicalType.INT32;
            case "bigint" -> LogicalType.INT64;
            case "double precision" -> LogicalType.FLOAT64;
            case "bytea" -> LogicalType.BYTES;
            case "uuid" -> LogicalType.UUID;
            case "date" -> LogicalType.DATE;
            case "time without time zone" -> LogicalType.TIME;
            case "timestamp with time zone" -> LogicalType.TIMESTAMPTZ;
            case "jsonb" -> LogicalType.JSON;
            default -> LogicalType.TEXT;
        };
    }
}
