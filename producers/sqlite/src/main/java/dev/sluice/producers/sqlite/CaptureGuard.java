package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Watches that the database is still the one that was prepared: same file, same incarnation, all triggers, known columns. Called at the beginning of every read
 * transaction; looks closer only when SQLite's schema version moved.
 */
final class CaptureGuard implements AutoCloseable {
    private static final String SCHEMA_VERSION = "PRAGMA schema_version";

    private final SqliteSettings settings;
    private final Names names;
    private final String pipelineId;
    private final CapturedTables tables;
    private final @Nullable Object fileKey;
    /** Of the write-ahead log; null while there is none. */
    private @Nullable Object walKey;

    private @Nullable Long schemaVersion;
    private Map<String, TableInfo> found = Map.of();
    private List<Layout> layouts = List.of();
    private Map<String, SelectedRows> selected = Map.of();
    private @Nullable Evaluator evaluator;

    CaptureGuard(SqliteSettings settings, Names names, String pipelineId, CapturedTables tables) {
        this.settings = settings;
        this.names = names;
        this.pipelineId = pipelineId;
        this.tables = tables;
        this.fileKey = fileKey(settings.file());
    }

    /** Refuses another file under the same name: the open connection would go on reading the old one. */
    void requireSameFile() {
        if (!Objects.equals(fileKey, fileKey(settings.file()))) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    settings.file()
                            + " was replaced by another file while it was followed; if a backup was restored on purpose, "
                            + "take the capture out with `sluice remove` and start the pipeline anew");
        }
        Object found = walKey();
        if (walKey != null && !walKey.equals(found)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    wal() + " was deleted or replaced while " + settings.file()
                            + " was in use: what was committed into it is lost for whoever opens the database next, and open connections no longer see each other's writes. "
                            + "Stop the application, check the database, take the capture out with `sluice remove` and start the pipeline anew");
        }
        walKey = found;
    }

    /** The session is another one: without any the write-ahead log may have come to its end. */
    void opened() {
        walKey = null;
    }

    private Path wal() {
        return settings.file().resolveSibling(settings.name() + "-wal");
    }

    /** Exists as long as a connection does, in WAL mode; SQLite itself does not notice that it is another one. */
    private @Nullable Object walKey() {
        try {
            return Files.readAttributes(wal(), BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null;
        }
    }

    /** Refuses a capture that is not intact; true when the schema was read again. */
    boolean check(Session session) throws SQLException {
        Long version = session.number(SCHEMA_VERSION);
        if (version != null && version.equals(schemaVersion)) {
            return false;
        }
        String file = settings.file().toString();
        CaptureState state = CaptureState.read(session, names);
        state.requireIncarnation(pipelineId, file);
        state.requireIntact(tables.parentsFirst(), file);
        Map<String, TableInfo> schema = Introspection.read(session).tables();
        for (CapturedTable table : tables.parentsFirst()) {
            state.current(table.sourceName()).ifPresent(layout -> requireColumns(layout, schema.get(layout.table())));
        }
        selected = selected(session, schema);
        found = schema;
        layouts = state.layouts();
        schemaVersion = version;
        return true;
    }

    private Map<String, SelectedRows> selected(Session session, Map<String, TableInfo> schema) throws SQLException {
        close();
        Evaluator opened = Evaluator.of(session);
        evaluator = opened;
        Map<String, SelectedRows> made = new HashMap<>();
        for (CapturedTable table : tables.parentsFirst()) {
            TableInfo info = Objects.requireNonNull(schema.get(table.sourceName()));
            RowSelection selection = opened.selection(session, table, info);
            made.put(
                    table.sourceName(),
                    new SelectedRows(selection, tables.converter(table.target().id())));
        }
        return made;
    }

    /** Which of a table's rows travel. */
    SelectedRows selected(String table) {
        return Objects.requireNonNull(selected.get(table), table);
    }

    @Override
    public void close() {
        if (evaluator != null) {
            evaluator.close();
            evaluator = null;
            schemaVersion = null;
        }
    }

    TableInfo table(String name) {
        return Objects.requireNonNull(found.get(name), name);
    }

    /** The number under which a table is captured without a gap. */
    int number(String table) {
        return current(table).number();
    }

    /** Whether the target may hold rows of a table that are not selected any more. */
    boolean selectedMore(String table) {
        return current(table).selectedMore();
    }

    private Layout current(String table) {
        return layouts.stream()
                .filter(layout -> layout.current() && layout.table().equals(table))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the capture was not checked yet"));
    }

    /** Everything that the log may hold. */
    List<Layout> layouts() {
        return layouts;
    }

    private void requireColumns(Layout layout, @Nullable TableInfo table) {
        if (table == null || !table.columnNames().containsAll(layout.columns())) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "table " + layout.table() + " of " + settings.file()
                            + " has lost a captured column or is gone; adapt the mapping, take the capture out with "
                            + "`sluice remove` and start the pipeline anew");
        }
        List<String> unknown = table.columnNames().stream()
                .filter(column -> !layout.seen().contains(column) && !settings.isIgnored(layout.table(), column))
                .toList();
        if (!unknown.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.SOURCE,
                    "table " + layout.table() + " of " + settings.file() + " has a new column "
                            + String.join(", ", unknown)
                            + " that is neither captured nor ignored; add it to the target and the mapping, or name it in ignore-columns, and start again");
        }
    }

    private static @Nullable Object fileKey(Path file) {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            throw SluiceException.of(
                    ErrorKind.SOURCE,
                    "SQLite database " + file + " cannot be found any more; put it back and start again",
                    e);
        }
    }
}
